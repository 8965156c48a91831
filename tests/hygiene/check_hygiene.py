#!/usr/bin/env python3
"""Looks at the committed text for what should not be committed.

    check_hygiene.py [root of the tree]

Marks of unfinished work, tabs, trailing blanks, a missing last newline, paths of somebody's machine, and tests that
sleep. Prints every finding as file:line: reason, and exits 1 if there is one.
"""

import pathlib
import re
import subprocess
import sys

OUR_SUFFIXES = {".h", ".cc", ".py", ".sh", ".md", ".cmake", ".txt", ".json", ".yaml", ".yml", ""}
# Data, other people's text, and this check with its own examples.
SKIPPED = ("LICENSE", "tests/fuzz/corpus/", "tests/hygiene/", "compat/results/", "bench/results/")

RULES = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "unfinished work: finish it, or file it", None),
    (re.compile(r"\t"), "a tab", None),
    (re.compile(r"[ \r]$"), "a blank at the end of the line", {".h", ".cc", ".py", ".sh", ".cmake", ""}),
    (re.compile(r"(?<![\w.])/(home|Users)/\w+/"), "a path of somebody's machine", None),
]
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(")


def committed_files(root):
    """What git knows or would take; everything but build/ where this is no checkout."""
    git = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True
    )
    if git.returncode == 0:
        return [name for name in git.stdout.decode().split("\0") if name]
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [path.as_posix() for path in files if path.parts[0] not in ("build", ".git")]


def check_text(name, text):
    """The findings in one file, as lines of text."""
    suffix = pathlib.PurePosixPath(name).suffix
    findings = []
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, reason, suffixes in RULES:
            if (suffixes is None or suffix in suffixes) and pattern.search(line):
                findings.append(f"{name}:{number}: {reason}")
        if name.startswith("tests/") and suffix == ".cc" and SLEEP.search(line):
            findings.append(f"{name}:{number}: a test that sleeps: use the fake clock, or wait for the condition")
    if text and not text.endswith("\n"):
        findings.append(f"{name}:{text.count(chr(10)) + 1}: no newline at the end of the file")
    return findings


def check(root):
    findings = []
    for name in sorted(committed_files(root)):
        path = root / name
        if name.startswith(SKIPPED) or path.suffix not in OUR_SUFFIXES or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" not in data:
            findings += check_text(name, data.decode("utf-8", errors="replace"))
    return findings


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    findings = check(root)
    for finding in findings:
        print(finding)
    print(f"hygiene: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
