"""ONNX files: a generator and a denoiser draw what the same networks draw in torch."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch
from torch import nn

from samenoise.outside import OutsideError, open_target
from samenoise.outside.solving import Solving, alphas_cumprod

onnx = pytest.importorskip("onnx", reason="ONNX files are made with onnx: samenoise[onnx]")
pytest.importorskip("onnxruntime", reason="ONNX files are drawn with onnxruntime: samenoise[onnx]")
SHAPE = (3, 8, 8)
NOISE = np.random.default_rng(0).normal(size=(5, *SHAPE)).astype(np.float32)
CONFIG = {"num_train_timesteps": 100, "beta_schedule": "linear", "beta_end": 0.2, "prediction_type": "v_prediction"}


def model(nodes, inputs, constants=()):
    """A graph that ends in ``out``, saved for an old opset so that any onnxruntime reads it."""
    helper = onnx.helper
    out = helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, ["n", *SHAPE])
    graph = helper.make_graph(nodes, "g", inputs, [out], [onnx.numpy_helper.from_array(v, k) for k, v in constants])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def takes(name, shape=("n", *SHAPE), kind=None):
    return onnx.helper.make_tensor_value_info(name, kind or onnx.TensorProto.FLOAT, list(shape))


@pytest.fixture
def generator(tmp_path):
    """tanh of the noise."""

    def make(batch="n"):
        node = onnx.helper.make_node("Tanh", ["noise"], ["out"])
        onnx.save(model([node], [takes("noise", (batch, *SHAPE))]), tmp_path / "g.onnx")
        return str(tmp_path / "g.onnx")

    return make


WEIGHT = np.random.default_rng(1).normal(size=(3, 3, 1, 1)).astype(np.float32)


def network(x, t, labels=None):
    """What the ONNX denoiser computes."""
    out = np.tanh(np.einsum("oi,nihw->nohw", WEIGHT[..., 0, 0], x) + t / 100)
    return out if labels is None else out + 0.1 * labels[:, None, None, None]


@pytest.fixture
def denoiser(tmp_path):
    def make(times=("n",), kind=None, classes=False, names=("sample", "timestep")):
        node = onnx.helper.make_node
        kind = kind or onnx.TensorProto.INT64
        shape = [-1, 1, 1, 1] if times else [1, 1, 1, 1]
        nodes = [
            node("Cast", [names[1]], ["tf"], to=onnx.TensorProto.FLOAT),
            node("Div", ["tf", "hundred"], ["tn"]),
            node("Reshape", ["tn", "shape"], ["tr"]),
            node("Conv", [names[0], "w"], ["c"]),
            node("Add", ["c", "tr"], ["s"]),
            node("Tanh", ["s"], ["h" if classes else "out"]),
        ]
        inputs = [takes(names[0]), takes(names[1], times, kind)]
        if classes:
            nodes += [
                node("Cast", ["class_labels"], ["lf"], to=onnx.TensorProto.FLOAT),
                node("Mul", ["lf", "tenth"], ["lm"]),
                node("Reshape", ["lm", "shape"], ["lr"]),
                node("Add", ["h", "lr"], ["out"]),
            ]
            inputs.append(takes("class_labels", ("n",), onnx.TensorProto.INT64))
        constants = {
            "w": WEIGHT,
            "hundred": np.array(100, np.float32),
            "tenth": np.array(0.1, np.float32),
            "shape": np.array(shape, np.int64),
        }
        (tmp_path / "unet").mkdir(exist_ok=True)
        (tmp_path / "scheduler").mkdir(exist_ok=True)
        (tmp_path / "scheduler" / "scheduler_config.json").write_text(json.dumps(CONFIG))
        onnx.save(model(nodes, inputs, constants.items()), tmp_path / "unet" / "model.onnx")
        return str(tmp_path / "unet" / "model.onnx")

    return make


@pytest.mark.parametrize("batch", ["n", 5, 2])
def test_a_generator_draws_whatever_batch_it_was_exported_for(generator, batch):
    opened = open_target(generator(batch), {})
    assert opened.shape == SHAPE
    np.testing.assert_allclose(opened.draw(NOISE), np.tanh(NOISE), atol=1e-6)
    np.testing.assert_allclose(opened.draw(NOISE, threads=1), np.tanh(NOISE), atol=1e-6)


def drawn(solver, steps, labels=None):
    """The same by NumPy in float64."""
    solving = Solving(alphas_cumprod(CONFIG, "a test"), solver, "v_prediction", "a test")
    x = NOISE.astype(np.float64) * solving.start
    for t in solving.begin(steps):
        x = solving.step(network(x, t, labels), x)
    return x


@pytest.mark.parametrize("solver", ["ddim", "heun", "dpmpp-2m"])
@pytest.mark.parametrize("times", [(), ("n",)], ids=["one time", "a time each"])
def test_a_denoiser_is_drawn_by_a_solver_on_the_table_beside_it(denoiser, solver, times):
    path = denoiser(times, onnx.TensorProto.FLOAT if times else None)
    opened = open_target(path, {"steps": 4, "solver": solver})
    np.testing.assert_allclose(opened.draw(NOISE), drawn(solver, 4), atol=1e-5)
    assert opened.about["steps"] == 4


def test_classes_go_to_a_generator_that_takes_them(tmp_path):
    node = onnx.helper.make_node
    nodes = [
        node("Cast", ["class_labels"], ["lf"], to=onnx.TensorProto.FLOAT),
        node("Reshape", ["lf", "shape"], ["lr"]),
        node("Add", ["noise", "lr"], ["s"]),
        node("Tanh", ["s"], ["out"]),
    ]
    labels = onnx.helper.make_tensor_value_info("class_labels", onnx.TensorProto.INT64, ["n"])
    made = model(nodes, [takes("noise"), labels], [("shape", np.array([-1, 1, 1, 1], np.int64))])
    onnx.save(made, tmp_path / "c.onnx")
    opened = open_target(str(tmp_path / "c.onnx"), {})
    given = [0, 3, 1, 2, 5]
    expected = np.tanh(NOISE + np.array(given)[:, None, None, None])
    np.testing.assert_allclose(opened.draw(NOISE, given), expected, atol=1e-6)
    with pytest.raises(OutsideError, match=r"draws only what it is told: give classes \(--classes 0-9\)"):
        opened.draw(NOISE)
    with pytest.raises(OutsideError, match="takes classes, which are whole numbers"):
        opened.draw(NOISE, ["a cat"] * 5)


def test_classes_go_to_a_denoiser_that_takes_them(denoiser):
    labels = np.array([0, 3, 1, 2, 5])
    opened = open_target(denoiser(classes=True), {"steps": 3})
    np.testing.assert_allclose(opened.draw(NOISE, labels.tolist()), drawn("ddim", 3, labels), atol=1e-5)
    with pytest.raises(OutsideError, match="takes no prompts or classes"):
        open_target(denoiser(), {}).draw(NOISE, [1] * 5)


def test_other_input_names_and_options_are_refused(denoiser, generator, tmp_path):
    with pytest.raises(OutsideError, match="has the inputs latents, t: a denoiser has sample and timestep"):
        open_target(denoiser(names=("latents", "t")), {})
    with pytest.raises(OutsideError, match="a whole generator: it takes no steps"):
        open_target(generator(), {"steps": 3})
    path = denoiser()
    (tmp_path / "scheduler" / "scheduler_config.json").rename(tmp_path / "other.json")
    with pytest.raises(OutsideError, match=r"no scheduler_config\.json that says its alphas; name one with scheduler="):
        open_target(path, {})
    opened = open_target(path, {"scheduler": str(tmp_path / "other.json"), "steps": 4})
    np.testing.assert_allclose(opened.draw(NOISE), drawn("ddim", 4), atol=1e-5)


def test_what_is_no_model_or_cannot_run_is_said(generator, tmp_path, monkeypatch):
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(OutsideError, match=r"bad\.onnx is no ONNX model") as refused:
        open_target(str(tmp_path / "bad.onnx"), {})
    assert "\n" not in str(refused.value)
    with pytest.raises(OutsideError, match="failed: ") as refused:
        open_target(generator(), {}).draw(NOISE[:, :2])
    assert "\n" not in str(refused.value)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(OutsideError, match=r"pip install 'samenoise\[onnx\]'"):
        open_target(generator(), {})


def test_a_network_exported_by_torch_draws_the_same(tmp_path):
    """By torch's own exporter, where it has what it needs."""
    pytest.importorskip("onnxscript", reason="torch exports by onnxscript")

    class Tanh(nn.Module):
        def forward(self, noise):
            return noise.tanh()

    torch.onnx.export(Tanh(), (torch.zeros(2, *SHAPE),), str(tmp_path / "t.onnx"), dynamo=True)
    np.testing.assert_allclose(open_target(str(tmp_path / "t.onnx"), {}).draw(NOISE), np.tanh(NOISE), atol=1e-6)
