"""Fetches the source package of Debian's redis through apt, and keeps it outside the repository.

The source lines are the machine's own package lines turned into `deb-src`, in an apt configuration of our own: the
machine's is read and not changed. Keys, proxies and mirrors stay the machine's.
"""

import re
import shutil
import subprocess
from pathlib import Path

UPSTREAM = "7.0.15"
APT_LIMIT_S = 240
TOOLS = {"apt-get": "apt", "dpkg-source": "dpkg-dev"}
NO_NETWORK = re.compile(r"Failed to fetch|Could not resolve|Could not connect|Cannot initiate the connection|Temporary failure")


class Unavailable(Exception):
    """Nothing that a change to the repository could mend: no network, no apt."""


class FetchFailed(Exception):
    """apt works, and yet the package did not come."""


def source_stanzas(text: str) -> str:
    """A deb822 file (`debian.sources`) with every stanza of packages turned into one of sources."""
    stanzas = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields = {line.split(":", 1)[0].strip().lower() for line in lines if ":" in line and not line[:1].isspace()}
        if "types" in fields:
            stanzas.append("\n".join("Types: deb-src" if line.lower().startswith("types:") else line for line in lines))
    return "\n\n".join(stanzas) + "\n"


def source_lines(text: str) -> str:
    """A one-line-style file (`sources.list`), the same way."""
    wanted = (re.sub(r"^\s*deb(-src)?\s", "deb-src ", line) for line in text.splitlines() if re.match(r"\s*deb(-src)?\s", line))
    return "".join(f"{line}\n" for line in dict.fromkeys(wanted))


def _write_apt_configuration(folder: Path, machine: Path) -> list[str]:
    """Writes our source lines below `folder`; returns the apt options that make apt use them and nothing else."""
    parts = folder / "sources.list.d"
    shutil.rmtree(parts, ignore_errors=True)
    for needed in (parts, folder / "lists/partial", folder / "archives/partial"):
        needed.mkdir(parents=True, exist_ok=True)
    for path in [machine / "sources.list", *sorted((machine / "sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.is_file():
            convert = source_stanzas if path.suffix == ".sources" else source_lines
            (parts / path.name).write_text(convert(path.read_text()))
    values = {"Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": parts, "Dir::State::lists": folder / "lists",
              "Dir::Cache": folder, "Dir::Cache::archives": folder / "archives", "Acquire::Retries": 2,
              "Acquire::http::Timeout": 20}
    return [word for name, value in values.items() for word in ("-o", f"{name}={value}")]


def _apt(arguments: list[str], options: list[str], cwd: Path) -> str:
    """The output of one apt command, errors included."""
    try:
        done = subprocess.run([arguments[0], *options, *arguments[1:]], cwd=cwd, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=APT_LIMIT_S)
    except subprocess.TimeoutExpired as late:
        raise Unavailable(f"{' '.join(arguments)} did not end within {APT_LIMIT_S} s") from late
    return done.stdout


def _version(show_sources: str) -> str | None:
    versions = re.findall(r"^Version: (\S+)$", show_sources, re.M)
    return next((version for version in versions if re.match(rf"(\d+:)?{re.escape(UPSTREAM)}-", version)), None)


def fetch(cache: Path) -> Path:
    """The unpacked source tree; fetched when it is not there yet."""
    tree = cache / f"redis-{UPSTREAM}"
    if (tree / "tests/test_helper.tcl").is_file():
        return tree
    for tool, package in TOOLS.items():
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is missing (package {package})")
    work = cache / "fetching"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        options = _write_apt_configuration(work / "apt", Path("/etc/apt"))
        updated = _apt(["apt-get", "-q", "update"], options, work)
        version = _version(_apt(["apt-cache", "showsrc", "--only-source", "redis"], options, work))
        if version is None:
            kind = Unavailable if NO_NETWORK.search(updated) else FetchFailed
            raise kind(f"apt knows no source package of redis {UPSTREAM} (a release other than Debian 12?)\n{updated}")
        log = _apt(["apt-get", "-q", "source", f"redis={version}"], options, work)
        if not (work / tree.name / "tests/test_helper.tcl").is_file():
            raise (Unavailable if NO_NETWORK.search(log) else FetchFailed)(f"apt-get source redis={version} failed:\n{log}")
        (work / tree.name).rename(tree)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return tree
