"""A Slurm of a test's own: munge, a controller and two node daemons on loopback, in a folder that goes with them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

PATIENCE = 45.0
"""Seconds until each of them is up."""
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun")
CONF = """
ClusterName=samenoise
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
SlurmctldPort={ports[0]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=3
SchedulerParameters=sched_interval=2,batch_sched_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=60 PriorityTier=1 State=UP
PartitionName=urgent Nodes=n1,n2 MaxTime=60 PriorityTier=9 State=UP
"""


class NotUp(Exception):
    """One of them does not start here."""


class Cluster:
    """Started by :meth:`start`; ``environment`` is what its programs, and those that use it, are to be run in."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="samenoise-slurm-", dir="/tmp"))
        self.folder.chmod(0o711)
        for name in ("state", "n1", "n2", "munge"):
            (self.folder / name).mkdir(mode=0o700)
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.running: dict[str, subprocess.Popen] = {}

    def start(self) -> None:
        munge, host = self.folder / "munge", socket.gethostname()
        (munge / "key").write_bytes(os.urandom(1024))
        (munge / "key").chmod(0o400)
        names = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        options = [f"--{option}={munge / name}" for option, name in names.items()]
        self._run("munged", ["munged", "--force", "--foreground", *options])
        self._until(lambda: (munge / "socket").exists(), "munged")
        conf = CONF.format(folder=self.folder, host=host, ports=_free_ports(3))
        (self.folder / "slurm.conf").write_text(conf)
        self.start_controller()
        for node in ("n1", "n2"):
            self.start_node(node)
        self._until(lambda: self.ask("sinfo", "-h", "-o", "%D %t").strip() == "2 idle", "n1", "n2")

    def start_controller(self) -> None:
        self._run("controller", ["slurmctld", "-D", "-f", str(self.folder / "slurm.conf")])
        self._until(lambda: self.ask("sinfo", "-h") != "", "controller")

    def kill_controller(self) -> None:
        self.running.pop("controller").kill()

    def mend(self) -> None:
        """Nodes that the controller has taken out of use take jobs again."""
        for node in ("n1", "n2"):
            self.ask("scontrol", "update", f"nodename={node}", "state=resume")

    def start_node(self, node: str) -> None:
        self._run(node, ["slurmd", "-D", "-N", node, "-f", str(self.folder / "slurm.conf")])

    def kill_node(self, node: str) -> None:
        """Its daemon, and all that runs in its jobs, as when the power goes."""
        self.running.pop(node).kill()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                here = {f"SLURM_CONF={self.environment['SLURM_CONF']}", f"SLURMD_NODENAME={node}"}
                if here <= {*(process / "environ").read_text(errors="replace").split("\0")}:
                    os.kill(int(process.name), signal.SIGKILL)

    def ask(self, *command: str) -> str:
        """What a program of Slurm prints; nothing where it does not end in time."""
        try:
            done = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout

    def stop(self) -> None:
        if "controller" in self.running:
            self.ask("scancel", "--user=root")
            time.sleep(1)
        for process in reversed(self.running.values()):
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self.running[name] = subprocess.Popen(command, stdout=out, stderr=out, env=self.environment)

    def _until(self, there, *names: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            ended = [name for name in names if self.running[name].poll() is not None]
            if ended or time.monotonic() > deadline:
                log = (self.folder / f"{(ended or names)[0]}.out").read_text(errors="replace").strip()
                raise NotUp(f"{', '.join(names)} did not come up: {log.rpartition(chr(10))[2] or 'no word of why'}")
            time.sleep(0.2)


def started() -> Cluster:
    """A cluster, or a skipped test that says what is missing."""
    missing = [each for each in PROGRAMS if shutil.which(each) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here: apt-get install slurm-wlm munge")
    pytest.importorskip("submitit", reason="no submitit here: pip install 'samenoise[slurm]'")
    if os.geteuid():
        pytest.skip("a Slurm of one's own is started as root")
    cluster = Cluster()
    try:
        cluster.start()
    except NotUp as reason:
        cluster.stop()
        pytest.skip(f"Slurm does not start here: {reason}")
    except BaseException:
        cluster.stop()
        raise
    return cluster


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
