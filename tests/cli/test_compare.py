"""`samenoise compare`, `lock`, `check` and `noise` as a person meets them: output, exit codes, files, one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from pictures_made import archive, folder, levels, png
from safetensors.numpy import load_file

from samenoise.cli import main
from samenoise.noise import NoiseBank

MODULE = """
import numpy as np

def draw(noise):
    print("a word of its own")
    return np.tanh(noise)
draw.noise_shape = (3, 4, 4)

def other(noise):
    image = np.tanh(noise)
    image[noise[:, 0, 0, 0] > 0] *= -1
    return image

def crashes(noise):
    raise RuntimeError("out of luck")

def flat(noise):
    return noise.reshape(len(noise), -1)

rng = np.random.default_rng()
def dice(noise):
    return rng.uniform(-1, 1, noise.shape)

def nan(noise):
    return np.full(noise.shape, np.nan)

def leaves(noise):
    raise SystemExit(0)

def grey(noise):
    return np.zeros_like(noise)
"""


@pytest.fixture
def samenoise(tmp_path, monkeypatch, capfd):
    """The command in this process: exit code, stdout, stderr."""
    (tmp_path / "ours_for_a_test.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["samenoise", *map(str, args)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, *capfd.readouterr()

    yield call
    sys.modules.pop("ours_for_a_test", None)


OURS = "ours_for_a_test:"


def test_results_are_on_stdout_and_what_is_done_on_stderr(samenoise):
    code, out, err = samenoise("compare", f"{OURS}draw", f"{OURS}other,name=other", "--noises", 20)
    assert code == 0, err
    for words in ("RP", "floor", "rp_auc", "MAE", "PFD", "PSNR", "beyond", "against itself", "batch 9", "differ most"):
        assert words in out, words
    assert "a word of its own" not in out
    assert "a word of its own" in err
    assert "100%" in err


def test_json_is_all_there_is_on_stdout(samenoise):
    code, out, _ = samenoise("compare", f"{OURS}draw", f"{OURS}other", "--noises", 20, "--ceiling", 0, "--json")
    found = json.loads(out)
    assert code == 0
    noise = NoiseBank(0, (3, 4, 4))[:20].numpy()
    rp = next(row["value"] for row in found["scores"] if row["metric"] == "rp")
    assert rp == pytest.approx((noise[:, 0, 0, 0] <= 0).mean())
    assert found["noise"]["ids"] == list(range(20))
    assert found["ceilings"] == []


def test_gates_end_with_3_and_the_files_say_why(samenoise, tmp_path):
    args = ["compare", f"{OURS}draw", f"{OURS}other", "--ids", "0-29,100", "--out", "found"]
    code, _, err = samenoise(*args, "--fail-if", "rp<0.95", "--fail-if", "pfd > 1000", "--within-ceiling", "0.1")
    assert code == 3
    assert re.search(r"^samenoise: .*: rp >= 0.95 does not hold .*within ceiling less 0.1 does not hold", err, re.M)
    content = json.loads((tmp_path / "found" / "compare.json").read_text())
    assert [gate["passed"] for gate in content["gates"]] == [False, True, False]
    assert len(content["noise"]["ids"]) == 31
    assert content["ceilings"][1]["n"] == 31, "every noise is drawn again to be held against"
    suite = ElementTree.parse(tmp_path / "found" / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "2"
    assert "**failed**" in (tmp_path / "found" / "summary.md").read_text()
    assert (tmp_path / "found" / "grid.png").read_bytes().startswith(b"\x89PNG")
    assert samenoise("compare", f"{OURS}draw", f"{OURS}draw", "--noises", 60, "--within-ceiling", 0.05)[0] == 0


def test_as_many_noises_as_it_takes_to_see_a_drop(samenoise):
    code, out, _ = samenoise("compare", f"{OURS}draw", f"{OURS}draw", "--detect", 0.05, "--ceiling", 0, "--json")
    assert code == 0
    assert len(json.loads(out)["noise"]["ids"]) == 59


def test_broken_pictures_are_named(samenoise):
    code, out, err = samenoise("compare", f"{OURS}draw", f"{OURS}grey", "--noises", 8, "--fail-if", "broken > 0")
    assert code == 3
    assert "broken: ours_for_a_test:grey: 8 pictures are constant (noises 0, 1, 2, 3, 4, ...)" in out
    assert "broken <= 0 does not hold (8 broken)" in err


def test_prompts_and_a_reference_are_told(samenoise, tmp_path):
    (tmp_path / "told.py").write_text(
        "import numpy as np\n"
        "def a(noise, conditions):\n"
        "    return np.tanh(noise) + np.array([len(c) for c in conditions])[:, None, None, None] / 99\n"
        "def b(noise, conditions): return a(noise, conditions) + 0.01 * np.sin(9 * noise)\n"
    )
    (tmp_path / "prompts.txt").write_text("a cat\n\na dog\n")
    common = ["--prompts", "prompts.txt", "--shape", "3x4x4", "--noises", 12, "--ceiling", 0]
    code, out, err = samenoise("compare", "told:a", "told:b", *common, "--reference", "told:a,name=true")
    assert code == 0, err
    assert "a cat" in out
    assert "told:a is nearer to true at 100% of 12 noises" in out


def test_a_lock_is_written_checked_and_remembers(samenoise, tmp_path):
    code, out, _ = samenoise("lock", f"{OURS}draw", "draw.lock", "--noises", 16)
    assert code == 0
    assert "draw.lock: 16 noises of ours_for_a_test:draw" in out
    assert samenoise("check", "draw.lock", f"{OURS}draw", "--record")[0] == 0
    code, out, err = samenoise("check", "draw.lock", f"{OURS}other", "--record", "--out", "grid.png")
    assert code == 3
    assert "rp >= 0.95 does not hold" in err
    assert "RP 0." in out
    assert (tmp_path / "grid.png").exists()
    assert samenoise("check", "draw.lock", f"{OURS}other", "--fail-if", "rp < 0.1")[0] == 0
    code, out, _ = samenoise("check", "draw.lock", "--history")
    assert (code, len(out.splitlines())) == (0, 2)
    assert "function ours_for_a_test:draw -> ours_for_a_test:other" in out.splitlines()[1]
    _, out, _ = samenoise("check", "draw.lock", f"{OURS}draw", "--json")
    assert json.loads(out)["bit_equal"] == 1


def test_a_lock_that_is_there_is_written_over_only_where_it_is_said(samenoise, tmp_path):
    path, args = tmp_path / "draw.lock", ("lock", f"{OURS}draw", "draw.lock", "--noises", 16)
    assert samenoise(*args)[0] == 0
    assert samenoise("check", "draw.lock", f"{OURS}draw", "--record")[0] == 0
    before = path.read_bytes()
    code, out, err = samenoise(*args)
    assert (code, out) == (2, "")
    assert err.startswith("samenoise: draw.lock is there, and a new lock begins without its history: ")
    assert err.count("\n") == 1
    assert path.read_bytes() == before
    assert len(json.loads(before)["history"]) == 1
    assert samenoise(*args, "--force")[0] == 0
    assert json.loads(path.read_bytes())["history"] == []


def test_noise_is_written_for_others(samenoise, tmp_path):
    code, out, _ = samenoise("noise", "a.npy", "--shape", "4x8x8", "--seed", 5, "--ids", "3,0-9", "--json")
    assert code == 2, "a number twice"
    code, out, _ = samenoise("noise", "a.npy", "--shape", "4x8x8", "--seed", 5, "--ids", "30,0-9", "--json")
    bank = NoiseBank(5, (4, 8, 8))
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), bank[[30, *range(10)]].numpy())
    assert json.loads(out)["bank"] == bank.hash
    code, out, _ = samenoise("noise", "a.safetensors", "--shape", "4x8x8", "--seed", 5, "--ids", "30,0-9")
    both = load_file(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(both["noise"], np.load(tmp_path / "a.npy"))
    assert both["ids"].tolist() == [30, *range(10)]
    assert bank.hash in out
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def bad_zip(place):
    return archive(place / "evil.zip", {"../1.png": png(levels(1)[0])})


BAD = {
    "nothing there": (["compare", OURS + "draw", "nowhere"], 2, "there is no file or folder nowhere"),
    "one side": (["compare", OURS + "draw"], 2, "needs two sides"),
    "no function": (["compare", OURS + "draw", OURS + "none"], 2, "has no attribute 'none'"),
    "no module": (["compare", OURS + "draw", "no.such:thing"], 2, "No module named 'no'"),
    "crash": (["compare", OURS + "draw", OURS + "crashes"], 1, "failed: RuntimeError: out of luck"),
    "leaves": (["compare", OURS + "draw", OURS + "leaves"], 1, "failed: SystemExit: 0"),
    "flat": (["compare", OURS + "draw", OURS + "flat"], 1, "returned an array of shape"),
    "dice": (["compare", OURS + "draw", OURS + "dice"], 1, "is not deterministic"),
    "nan": (["compare", OURS + "draw", OURS + "nan"], 1, "hold NaN or infinity"),
    "no interpreter": (["compare", OURS + "draw", OURS + "draw,python=/nowhere"], 2, "no interpreter /nowhere"),
    "condition": (["compare", OURS + "draw", OURS + "draw", "--fail-if", "rq < 1"], 2, "no score 'rq'"),
    "margin": (["compare", OURS + "draw", OURS + "draw", "--within-ceiling", "2"], 2, "between 0 and 1, got 2"),
    "drop": (["compare", OURS + "draw", OURS + "draw", "--detect", "0"], 2, "between 0 and 1, got 0"),
    "both": (
        ["compare", OURS + "draw", OURS + "draw", "--detect", ".1", "--noises", "9"],
        2,
        "leave --noises and --ids",
    ),
    "ids": (["compare", OURS + "draw", OURS + "draw", "--ids", "5-3"], 2, "numbers are like 0-299,512"),
    "shape": (["compare", OURS + "draw", OURS + "draw", "--shape", "3,4"], 2, "a shape is like 3x32x32"),
    "option": (["compare", OURS + "draw,stesp=3", OURS + "draw"], 2, "no option 'stesp'"),
    "for all": (["compare", OURS + "draw", OURS + "draw", "--set", "steps=3"], 2, "no side takes steps=3"),
    "threshold": (["compare", OURS + "draw", OURS + "draw", "--threshold", "2"], 2, "a cosine from -1 to less than 1"),
    "none such": (["compare", OURS + "draw", OURS + "draw", "--set", "a=b"], 2, "no option 'a' for all sides"),
    "feature": (["compare", OURS + "draw", OURS + "draw", "--feature", "sscd"], 2, "no feature 'sscd'"),
    "prompts": (["compare", OURS + "draw", OURS + "draw", "--prompts", "none.txt"], 2, "cannot be read"),
    "where": (["compare", OURS + "draw", OURS + "draw", "--where"], 2, "looks into pipelines"),
    "data": (["compare", OURS + "draw", OURS + "draw", "--data", "nothing"], 2, "no file or folder nothing"),
    "lock": (["check", "none.lock"], 2, "cannot be read"),
    "locked NaN": (["lock", OURS + "nan", "x.lock", "--shape", "3x4x4"], 1, "NaN"),
    "noise name": (["noise", "x.txt", "--shape", "3x4x4"], 2, "written as .npy or .safetensors"),
    "locked pickle": (["lock", "net.pkl", "x.lock"], 2, "say --trust-pickle"),
    "trusted": (["lock", "net.pkl", "x.lock", "--trust-pickle"], 1, "is no pickle of EDM that can be opened"),
    "pickle": (["compare", OURS + "draw", "net.pkl"], 2, "say --trust-pickle"),
}


@pytest.mark.parametrize("case", BAD)
def test_every_mistake_is_one_sentence_and_nothing_is_written(samenoise, tmp_path, case):
    args, expected, says = BAD[case]
    (tmp_path / "net.pkl").touch()
    before = {path.name for path in tmp_path.iterdir()}
    out_of = ["--out", "out"] if args[0] == "compare" else []
    code, out, err = samenoise(*args, *out_of)
    assert (code, out) == (expected, ""), err
    last = err.strip().splitlines()[-1]
    assert last.startswith("samenoise: ")
    assert says in last
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} - before <= {"__pycache__"}


def test_images_that_cannot_be_paired_end_with_2(samenoise, tmp_path):
    a = folder(tmp_path / "a", levels(4, (3, 4, 4)))
    b = folder(tmp_path / "b", levels(5, (3, 4, 4)))
    grey = folder(tmp_path / "grey", levels(4, (1, 4, 4)))
    bank = folder(tmp_path / "bank", levels(4, (3, 4, 4)), bank="f" * 64)
    for sides, says in [
        ((a, b), "a has 4, b has 5; only in a: none; only in b: 4. --ids names those"),
        ((a, grey), "they cannot be paired"),
        ((bank, f"{OURS}draw"), "two noise banks"),
        ((a, bad_zip(tmp_path)), "leads out of the archive"),
        ((a, a, "--noises", 5), "a has images of 4 noises, and 5 are asked for"),
        ((a, a, "--detect", 0.1), "a has images of 4 noises, and 29 are asked for"),
        ((a, b, "--out", tmp_path / "b"), "b is a side of the comparison"),
    ]:
        code, out, err = samenoise("compare", *sides)
        assert (code, out) == (2, "")
        assert says in err.splitlines()[-1]


def test_help_answers_at_once():
    for verb in ("compare", "lock", "check", "noise"):
        command = [sys.executable, "-X", "importtime", "-m", "samenoise", verb, "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        for heavy in ("torch", "numpy", "scipy", "diffusers", "pyarrow"):
            assert not re.search(rf"\| +{heavy}$", done.stderr, re.M), heavy
        assert "--json" in done.stdout
