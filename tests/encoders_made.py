"""Tiny text encoders of transformers, random and fixed, with tokenizers of single characters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn


def seeded(make: Callable[[], Any], seed: int = 0) -> Any:
    """What is made with torch's generator at ``seed``, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = make()
    return made.eval() if isinstance(made, nn.Module) else made


def clip(folder: Path, projected: bool = False, **more: Any) -> tuple[Any, Any]:
    """A text encoder of CLIP with a tokenizer of single characters."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: k for k, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=24, unk_token="<|endoftext|>"
    )
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=24,
        projection_dim=16,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
        **more,
    )
    kind = CLIPTextModelWithProjection if projected else CLIPTextModel
    return seeded(lambda: kind(config), 1), tokenizer


def t5() -> tuple[Any, Any]:
    """A text encoder of T5 with a tokenizer of single characters."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import T5Config, T5EncoderModel, T5TokenizerFast, __version__

    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in letters)]
    if __version__ < "5":  # the same as an object: the older transformers takes no vocabulary
        made = Tokenizer(models.Unigram(vocab, unk_id=2))
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
        tokenizer = T5TokenizerFast(tokenizer_object=made, extra_ids=0, model_max_length=24)
    else:
        tokenizer = T5TokenizerFast(vocab=vocab, extra_ids=0, model_max_length=24)
    config = T5Config(
        vocab_size=len(vocab), d_model=32, d_kv=8, d_ff=32, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu"
    )
    return seeded(lambda: T5EncoderModel(config), 2), tokenizer
