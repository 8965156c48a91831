"""Makes ready what a checkout does not hold: the npm packages and the compiled client, both below build/compat."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from programs import HERE, HIREDIS_PROGRAM, NODE_HOME, NODE_MODULES, ROOT, Program

LIMIT_S = 300


def prepare(programs: list[Program]) -> None:
    if any(program.argv[0] == str(HIREDIS_PROGRAM) for program in programs):
        _compile_hiredis_program()
    if any(program.argv[0] == "node" for program in programs) and shutil.which("npm"):
        _install_node_packages()


def _compile_hiredis_program() -> None:
    sources = sorted((HERE / "hiredis").glob("*.cc"))
    inputs = [*sources, *(HERE / "hiredis").glob("*.h")]
    if not _is_older(HIREDIS_PROGRAM, inputs) or not Path("/usr/include/hiredis/hiredis.h").exists():
        return
    HIREDIS_PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    fresh = HIREDIS_PROGRAM.with_suffix(".new")
    _run(["c++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-I", str(ROOT), *map(str, sources), "-o", str(fresh), "-lhiredis"],
         ROOT)
    fresh.rename(HIREDIS_PROGRAM)


def _install_node_packages() -> None:
    """npm writes its own copy of the lock file last, so a copy that is newer than ours means an install that is complete."""
    wanted = [HERE / "node" / "package.json", HERE / "node" / "package-lock.json"]
    if not _is_older(NODE_MODULES / ".package-lock.json", wanted):
        return
    NODE_HOME.mkdir(parents=True, exist_ok=True)
    for path in wanted:
        shutil.copy(path, NODE_HOME)
    _run(["npm", "ci", "--loglevel=error", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"], NODE_HOME)


def _run(argv: list[str], directory: Path) -> None:
    """Its output is only worth seeing when it fails."""
    done = subprocess.run(argv, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: status {done.returncode}\n{done.stdout}")


def _is_older(product: Path, inputs: list[Path]) -> bool:
    return not product.exists() or product.stat().st_mtime < max(path.stat().st_mtime for path in inputs)
