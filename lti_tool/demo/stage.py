"""The demo's stage: makes a school and its platform once, starts the tool, its worker and the ENT, and stops them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from lti_tool.demo.people import SCHOOL_NAME, SCHOOL_UAI

CLIENT_ID, DEPLOYMENT_ID = "demo", "1"
WEB, WORKER, ENT = "web", "worker", "ent"
TOOL_PORT, ENT_PORT = 8000, 8001
START_S, STOP_S = 60, 15
_LOOPBACK = "127.0.0.1"
_POLL_S = 0.05
_PORTS_TRIED = 200


class StageError(Exception):
    """Something does not start or stop as it should; the text is for the person at the terminal."""


@dataclass(frozen=True)
class Site:
    """Where everything stands. The ENT has another host name than the tool, so that a browser sees two sites."""

    data: Path
    tool_port: int
    ent_port: int
    database_url: str

    @classmethod
    def find(
        cls, data: Path, tool_port: int | None = None, ent_port: int | None = None, database_url: str | None = None
    ) -> Site:
        """The site of a folder: on the ports that it was made with, else on those asked for, else on free ones.

        A folder keeps its ports, since the addresses stand in the data. Raises `StageError` where one is taken.
        """
        data = data.resolve()
        try:
            kept = json.loads((data / "ports.json").read_text())
        except FileNotFoundError:
            kept = {}
        tool = _port(data, "tool", kept, tool_port, TOOL_PORT, ())
        ent = _port(data, "ent", kept, ent_port, ENT_PORT, (tool,))
        return cls(data, tool, ent, database_url or f"sqlite:///{data / 'passerelle.sqlite3'}")

    @property
    def tool_url(self) -> str:
        """The tool's public address."""
        return f"http://{_LOOPBACK}:{self.tool_port}"

    @property
    def ent_url(self) -> str:
        """The ENT's, which is also its issuer."""
        return f"http://localhost:{self.ent_port}"

    @property
    def logs(self) -> Path:
        """The folder of the three logs."""
        return self.data / "logs"


def free_port(first: int = 0, but_not: tuple[int, ...] = ()) -> int:
    """The first port from `first` on that nobody listens on; any one for 0. Raises `StageError`."""
    if first == 0:
        with socket.socket() as probe:
            probe.bind((_LOOPBACK, 0))
            return int(probe.getsockname()[1])
    for port in range(first, min(first + _PORTS_TRIED, 65536)):
        if port not in but_not and _is_free(port):
            return port
    raise StageError(f"Aucun port n’est libre à partir de {first}.")


class Stage:
    """Three programs on one site, each in a process group of its own, with its log."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        base = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
        self._environment = base | {
            "LTI_TOOL_BASE_URL": site.tool_url,
            "LTI_TOOL_DATABASE_URL": site.database_url,
            "LTI_TOOL_KEYS_DIR": str(site.data / "keys"),
            "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
        }

    def open(self) -> None:
        """Start all three, and tell the tool about the school and its ENT if it does not know them yet.

        Raises `StageError`; what was started by then is left to `close`.
        """
        self.site.logs.mkdir(parents=True, exist_ok=True)
        self._write_configuration()
        self.start(ENT)
        self.command("db", "upgrade")
        self.start(WEB, WORKER)
        self._register()
        self.wait_until_ready()

    def start(self, *names: str) -> None:
        """Start programs; `wait_until_ready` says when they serve."""
        for name in names:
            with (self.site.logs / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(  # noqa: S603 - ourselves
                    _commands(self.site)[name],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    process_group=0,
                )

    def wait_until_ready(self) -> None:
        """Wait until web and ENT answer that they are ready. Raises `StageError`."""
        deadline = time.monotonic() + START_S
        for name, url in ((WEB, f"{self.site.tool_url}/readyz"), (ENT, f"{self.site.ent_url}/healthz")):
            while (answer := _get(url)) is None or answer.status_code != 200:
                self.check()
                if time.monotonic() > deadline:
                    said = f" ({answer.text.strip()})" if answer is not None else ""
                    raise StageError(
                        f"Le programme « {name} » n’est pas prêt après {START_S} s{said}. {self._see(name)}"
                    )
                time.sleep(_POLL_S)

    def check(self) -> None:
        """Raises `StageError` if a program has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StageError(f"Le programme « {name} » s’est arrêté (code {process.returncode}). {self._see(name)}")

    def suspend(self, name: str) -> None:
        """Let a program do nothing more until it is killed."""
        os.killpg(self._running[name].pid, signal.SIGSTOP)

    def kill(self, *names: str) -> None:
        """End programs at once, with their children, as a power cut would."""
        for name in names:
            _signal(self._running[name], signal.SIGKILL)
        for name in names:
            self._running.pop(name).wait(STOP_S)

    def close(self) -> dict[str, int]:
        """Ask all programs to stop, and end those that do not; their exit codes, 0 where they stopped well."""
        for name in (WEB, WORKER, ENT):  # the ENT last: a grade on its way still arrives
            if name in self._running:
                _signal(self._running[name], signal.SIGTERM)
                _signal(self._running[name], signal.SIGCONT)
        codes = {}
        for name, process in self._running.items():
            try:
                codes[name] = process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                codes[name] = process.wait(STOP_S)
        self._running.clear()
        return codes

    def _write_configuration(self) -> None:
        site = self.site
        tool = {
            "client_id": CLIENT_ID,
            "deployment_id": DEPLOYMENT_ID,
            "login_url": f"{site.tool_url}/lti/login",
            "launch_url": f"{site.tool_url}/lti/launch",
            "jwks_url": f"{site.tool_url}/lti/jwks.json",
        }
        ent = {"base_url": site.ent_url, "host": _LOOPBACK, "port": site.ent_port, "tool": tool}
        (site.data / "ent.json").write_text(json.dumps(ent, indent=2))
        (site.data / "ports.json").write_text(json.dumps({"tool": site.tool_port, "ent": site.ent_port}))

    def _register(self) -> None:
        """Make school, platform and deployment; what a kept folder knows already is asked for again and stays."""
        self.command("school", "add", SCHOOL_UAI, SCHOOL_NAME, unless="UAI_CONNU")
        ent = self.site.ent_url
        options = {
            "--issuer": ent,
            "--client-id": CLIENT_ID,
            "--auth-url": f"{ent}/oidc/auth",
            "--token-url": f"{ent}/oidc/token",
            "--jwks-url": f"{ent}/oidc/jwks.json",
            "--product": "demo-ent",
            "--uai-param": "uai",
            "--profile-param": "profil",
        }
        words = [word for option in options.items() for word in option]
        platform = self.command("platform", "add", *words, unless="PLATEFORME")
        if platform is None:
            (platform,) = (each for each in self.command("platform", "list") if each["issuer"] == ent)
        self.command("platform", "deploy", str(platform["id"]), DEPLOYMENT_ID, "--school", SCHOOL_UAI)

    def command(self, *words: str, unless: str | None = None) -> Any:
        """What the tool's command line answers; None where it refuses with the code `unless`.

        Raises `StageError` with what else it says is wrong.
        """
        ran = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "lti_tool", *words, "--json"],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )
        if ran.returncode == 0:
            return json.loads(ran.stdout)
        if unless is not None and f'"code": "{unless}"' in ran.stdout:
            return None
        raise StageError(f"« lti-tool {' '.join(words[:2])} » a échoué : {ran.stderr.strip()[-500:]}")

    def _see(self, name: str) -> str:
        return f"Voyez {self.site.logs / name}.log"


def _commands(site: Site) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    gunicorn = ["gunicorn", "lti_tool.web:create_app()", "--bind", f"{_LOOPBACK}:{site.tool_port}"]
    gunicorn += ["--workers", "1", "--threads", "8", "--no-control-socket", "--log-level", "warning"]
    ent = ["lti_tool.demo.ent", "--data", str(site.data / "ent"), "--config", str(site.data / "ent.json")]
    return {WEB: python + gunicorn, WORKER: [*python, "lti_tool", "worker"], ENT: python + ent}


def _port(data: Path, name: str, kept: dict[str, int], asked: int | None, usual: int, others: tuple[int, ...]) -> int:
    port = kept.get(name, asked)
    if port is None:
        return free_port(usual, others)
    if asked not in (None, port):
        raise StageError(f"{data} garde les données d’une démonstration du port {port} : donnez un autre --data.")
    if port in others or not _is_free(port):
        remedy = "La démonstration y tourne peut-être déjà. Sinon, donnez un autre --data." if kept else ""
        raise StageError(f"Le port {port} est déjà pris. {remedy}".strip())
    return port


def _is_free(port: int) -> bool:
    """Whether nobody listens there, by either protocol: browsers look up `localhost` in both."""
    for family, address in ((socket.AF_INET, _LOOPBACK), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.settimeout(1)
                if probe.connect_ex((address, port)) == 0:
                    return False
        except OSError:
            continue  # a machine without IPv6
    return True


def _signal(process: subprocess.Popen[bytes], signum: int) -> None:
    """Send a signal to a program and, where it must not matter what it does, to its children."""
    try:
        if signum == signal.SIGTERM:
            process.send_signal(signum)
        else:
            os.killpg(process.pid, signum)
    except ProcessLookupError:
        pass


def _get(url: str) -> requests.Response | None:
    with requests.Session() as http:
        http.trust_env = False
        try:
            return http.get(url, timeout=5)
        except requests.RequestException:
            return None
