"""The command line as a person meets it: output, exit codes, and one sentence for every mistake."""

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import files

import pytest
import yaml
from commands import samenoise
from lively import only_the_page
from tiny import TINY


def process(*args: str, cwd=None) -> subprocess.CompletedProcess:
    """The command as a person starts it."""
    command = [sys.executable, "-m", "samenoise", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd, check=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    first = process("run", "tiny.yaml", cwd=folder)
    assert first.returncode == 0, first.stderr
    return folder, first


def test_run_prints_results_on_stdout_and_progress_on_stderr(finished):
    folder, first = finished
    assert "RP" in first.stdout
    assert f"report: {folder}/runs/tiny/report/index.html" in first.stdout
    assert "train" in first.stderr
    assert "100%" in first.stderr
    assert "100%" not in first.stdout
    assert (folder / "runs" / "tiny" / "report" / "index.html").stat().st_size > 10_000
    made = {p.name for p in (folder / "runs" / "tiny").iterdir()}
    contract = {"config.yaml", "manifest.json", "scores.json", "scores.parquet", "samples", "models", "report"}
    assert contract <= made


def test_run_again_computes_nothing_and_json_is_the_scores(finished, tmp_path):
    folder, _ = finished
    run = shutil.copytree(folder / "runs" / "tiny", tmp_path / "tiny")
    before = (run / "scores.json").read_bytes()
    cells = sorted(run.glob("*/*/cell.json"))
    stamps = [p.stat().st_mtime_ns for p in cells]
    with only_the_page():
        again = samenoise("run", "tiny.yaml", "--out", str(run), "--json", cwd=folder)
    assert again.returncode == 0, again.stderr
    printed = json.loads(again.stdout)
    assert printed["scores"] == json.loads(before)["scores"]
    assert (run / "scores.json").read_bytes() == before
    assert cells
    assert [p.stat().st_mtime_ns for p in cells] == stamps


def test_dry_run_names_the_units_and_touches_nothing(finished, tmp_path):
    folder, _ = finished
    plan = json.loads(samenoise("run", "tiny.yaml", "--dry-run", "--json", cwd=folder).stdout)
    assert all(cell["there"] for cell in plan["cells"])
    assert plan["config"]["sizes"] == [4, 12, 40]
    fresh = samenoise("run", "digits", "--dry-run", "--no-timing", cwd=tmp_path)
    assert fresh.returncode == 0
    assert "missing" in fresh.stdout
    assert not any(tmp_path.iterdir())


def test_ls_lists_presets_and_runs(finished):
    folder, _ = finished
    text = samenoise("ls", cwd=folder).stdout
    assert "digits-quick" in text
    assert "finished" in text
    content = json.loads(samenoise("ls", "--json", cwd=folder).stdout)
    [run] = content["runs"]
    assert (run["path"], run["state"], run["results"]["data"]) == ("runs/tiny", "finished", 1)
    for folder_of_store, count in run["results"].items():
        assert len(list((folder / "runs" / "tiny" / folder_of_store).iterdir())) == count
    assert set(content["presets"]) >= {"digits", "digits-quick", "digits-teacher"}


def test_ls_verify_reads_every_byte(finished, tmp_path):
    folder, _ = finished
    good = samenoise("ls", "--verify", cwd=folder)
    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "every byte is right")
    shutil.copytree(folder / "runs" / "tiny", tmp_path / "tiny")
    file = next((tmp_path / "tiny").glob("models/*/log.jsonl"))
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(bytes(data))
    place = file.parent.relative_to(tmp_path)
    assert samenoise("ls", str(tmp_path)).returncode == 0, "a glance does not see it"
    bad = samenoise("ls", str(tmp_path), "--verify")
    assert bad.returncode == 1
    assert f"{tmp_path / place}: log.jsonl is damaged" in bad.stdout
    machine = samenoise("ls", str(tmp_path), "--verify", "--json")
    assert machine.returncode == 1
    [run] = json.loads(machine.stdout)["runs"]
    assert run["damaged"] == {f"models/{file.parent.name}": "log.jsonl is damaged"}


def test_gc_keeps_what_the_run_needs(finished, tmp_path):
    folder, _ = finished
    root = tmp_path / "tiny"
    shutil.copytree(folder / "runs" / "tiny", root)
    assert samenoise("gc", str(root)).stdout == "0 removed, 0.0 MB\n"
    config = yaml.safe_load((root / "config.yaml").read_text())
    (root / "config.yaml").write_text(yaml.safe_dump({**config, "sizes": [4, 12]}))
    assert "models/" in samenoise("gc", str(root)).stdout
    plan = json.loads(samenoise("run", str(root / "config.yaml"), "--out", str(root), "--dry-run", "--json").stdout)
    there = {cell["hash"] for cell in plan["cells"] if cell["there"]}
    assert there == {p.parent.name for p in root.glob("*/*/cell.json")}
    assert samenoise("ls", str(root), "--verify").returncode == 0


def test_report_again_from_files_alone(finished, tmp_path, monkeypatch):
    """By another process, and elsewhere."""
    folder, _ = finished
    shutil.copytree(folder / "runs" / "tiny", tmp_path / "tiny")
    page = tmp_path / "tiny" / "report" / "index.html"
    before = page.read_bytes()
    page.unlink()
    for form in ("rasterize", "to_pdf"):
        monkeypatch.setattr(f"samenoise.report.page.{form}", lambda figure: b"")
    assert samenoise("report", "tiny", cwd=tmp_path).returncode == 0
    assert page.read_bytes() == before


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": 1, "scores": [{"a": 1}]}', '{"schema_version": 0}'])
def test_a_damaged_run_is_said_in_one_sentence(content, finished, tmp_path):
    folder, _ = finished
    for name in ("config.yaml", "manifest.json"):
        (tmp_path / name).write_bytes((folder / "runs" / "tiny" / name).read_bytes())
    (tmp_path / "scores.json").write_text(content)
    done = samenoise("report", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "damaged" in done.stderr or "schema version" in done.stderr


def test_doctor_checks_the_noise_bank(tmp_path):
    checks = {c["name"]: c for c in json.loads(samenoise("doctor", "--json", cwd=tmp_path).stdout)}
    assert checks["noise bank"]["state"] == "ok"
    assert samenoise("doctor", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("args", [[], ["--json"]])
@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("note", 0), ("fail", 1)])
def test_doctor_fails_if_a_check_does(args, state, code, monkeypatch, capsys):
    from samenoise import doctor
    from samenoise.cli import main

    monkeypatch.setattr(doctor, "examine", lambda: [{"name": "noise bank", "state": state, "text": "says"}])
    monkeypatch.setattr(sys, "argv", ["samenoise", "doctor", *args])
    with pytest.raises(SystemExit) as exit:
        main()
    assert (exit.value.code or 0) == code
    assert "noise bank" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("run", "digit"), 2, "there is no preset 'digit'"),
        (("run", "digits", "training.update=1"), 2, "did you mean 'updates'"),
        (("run", "digits", "splits_width=64"), 2, "there is no key 'splits_width' any more: it is splits.width now"),
        (("run", "digits", "experiments=rainbow"), 2, "there is no experiment 'rainbow'; there are conditional, "),
        (("run", "digits", "--device", "cuda:77"), 2, "cannot be used here"),
        (("run", "digits", "--seed", "-1"), 2, "seed"),
        (("run", "digits", "--out", "/proc/nothing/here"), 2, "choose another folder"),
        (("run", "digits", "--workers", "0"), 2, "--workers"),
        (("run",), 2, "Missing argument"),
        (("report", "nowhere"), 2, "no finished run"),
        (("walk",), 2, "No such command"),
    ],
)
def test_mistakes_get_one_sentence_and_code_2(args, code, says, tmp_path):
    done = samenoise(*args, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    if done.stderr.startswith("samenoise:"):
        assert done.stderr.count("\n") == 1


def test_the_process_itself_ends_so_too(tmp_path):
    done = process("run", "digit", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("samenoise: there is no preset 'digit'")


def test_out_at_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    done = samenoise("run", "digits", "--out", "taken", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "choose another folder" in done.stderr


def test_a_store_of_an_older_schema_is_refused(tmp_path):
    (tmp_path / "store.json").write_text('{"schema_version": 0}')
    done = samenoise("run", "digits", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "schema 0" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_gets_one_sentence_and_the_run_goes_on_later(tmp_path):
    """A real disk of 200 kB: the data and a few results fit, the rest does not."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine may not mount a small disk")
    try:
        (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
        done = samenoise("run", "tiny.yaml", "--out", str(small / "run"), cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert "no space left" in done.stderr.lower()
        assert "again to go on" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", str(small)], check=True)


EXTRAS = (
    "torchmetrics",
    "datasets",
    "tensorboard",
    "onnx",
    "onnxruntime",
    "transformers",
    "peft",
    "submitit",
    "ray",
    "s3fs",
)


def test_help_is_quick_and_core_needs_no_torchvision_and_no_extra():
    """No heavy import before a verb runs, and none of torchvision or of an extra ever."""
    code = (
        "import sys, samenoise, samenoise.cli;"
        "print([m for m in ('torch', 'diffusers', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
    block = (
        f"import sys; sys.modules.update(dict.fromkeys({('torchvision', *EXTRAS)}))\n"
        "import pkgutil, importlib, samenoise\n"
        "for m in pkgutil.walk_packages(samenoise.__path__, 'samenoise.'):\n"
        "    if not m.name.endswith(('__main__', 'metrics.modules')): importlib.import_module(m.name)\n"
        "for name in samenoise.__all__: getattr(samenoise, name)\n"
    )
    subprocess.run([sys.executable, "-c", block], check=True)


def test_schema_ships_with_the_package():
    assert files("samenoise.lab").joinpath("scores.schema.json").is_file()
