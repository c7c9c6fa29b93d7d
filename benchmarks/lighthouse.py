"""What Lighthouse says of the main pages of the example, as a slow phone sees them.

    python benchmarks/lighthouse.py --data data --models data/models

Needs npm and Chromium. Installs Lighthouse, in the version below, into benchmarks/node_modules,
which git ignores; nothing of it belongs to the product. Fails when a category is below the bar.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
import playwright
from load import serving

_HERE = Path(__file__).parent
sys.path.append(str(_HERE.parent / "tests"))

from browser import NO_CHROMIUM, QUIET, find_chromium  # noqa: E402

_VERSION = "13.5.0"
_LIGHTHOUSE = _HERE / "node_modules" / "lighthouse"
# Lighthouse wants a newer Node than most systems have; Playwright brings one.
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_BAR = 95

_CATEGORIES = {
    "performance": "performance",
    "accessibility": "accessibility",
    "best-practices": "best practices",
    "seo": "SEO",
}
_PAGES = {
    "home": "/de/",
    "results": "/de/search?q=Akku+l%C3%A4dt+nicht%2C+was+tun%3F",
    "article": "/de/articles/akku-laedt-nicht",
    "product": "/de/products/city-3",
    "finder": "/de/products/ebike/finder",
}
# Audits left out of the score, and why.
_LEFT_OUT_OF_RESULTS = {
    "is-crawlable": "pages of results ask not to be indexed, which is meant so",
}


def install() -> None:
    """Lighthouse in the version above, unless it is there."""
    package = _LIGHTHOUSE / "package.json"
    if package.is_file() and json.loads(package.read_text())["version"] == _VERSION:
        return
    command = ["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
    command += ["--loglevel", "error", "--prefix", str(_HERE), f"lighthouse@{_VERSION}"]
    subprocess.run(command, check=True)


def exists(address: str) -> bool:
    try:
        urllib.request.urlopen(address).close()
    except urllib.error.HTTPError:
        return False
    return True


def report(address: str, left_out: dict[str, str], chromium: str) -> dict[str, Any]:
    """Lighthouse's report of a page, on its emulated phone with a slow network and processor."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [str(_NODE), str(_LIGHTHOUSE / "cli" / "index.js"), address, "--quiet"]
        command += ["--output", "json", "--output-path", file.name]
        command += ["--only-categories", ",".join(_CATEGORIES)]
        if left_out:
            command += ["--skip-audits", ",".join(left_out)]
        command += [f"--chrome-flags={' '.join(['--headless=new', '--no-sandbox', *_quoted()])}"]
        environment = {**os.environ, "CHROME_PATH": chromium}
        subprocess.run(command, check=True, env=environment)
        found: dict[str, Any] = json.load(file)
    return found


def _quoted() -> list[str]:
    return [f'"{flag}"' if " " in flag else flag for flag in QUIET]


def weak_spots(found: dict[str, Any]) -> list[str]:
    """The audits that cost points, worst first."""
    weights = {
        reference["id"]: reference["weight"]
        for category in found["categories"].values()
        for reference in category["auditRefs"]
    }
    lost = [
        (audit["score"], name)
        for name, audit in found["audits"].items()
        if audit["score"] is not None and audit["score"] < 0.9 and weights.get(name)
    ]
    return [f"{name} {score}" for score, name in sorted(lost)]


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), default="data")
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--port", default=8126, show_default=True)
def main(data: Path, models: Path, port: int) -> None:
    """Print a table of points out of 100; exit with 1 when some are below the bar."""
    chromium = find_chromium()
    if chromium is None:
        raise click.ClickException(NO_CHROMIUM)
    install()
    below = []
    click.echo(f"| page | {' | '.join(_CATEGORIES.values())} | left out |")
    click.echo(f"|---|{'---|' * len(_CATEGORIES)}---|")
    with serving(data, models, port) as (address, _):
        for page, path in _PAGES.items():
            if not exists(address + path):
                click.echo(f"| {page} |{' – |' * len(_CATEGORIES)} there is no such page |")
                continue
            left_out = _LEFT_OUT_OF_RESULTS if page == "results" else {}
            found = report(address + path, left_out, chromium)
            points = [round(found["categories"][name]["score"] * 100) for name in _CATEGORIES]
            click.echo(f"| {page} | {' | '.join(map(str, points))} | {', '.join(left_out)} |")
            if min(points) < _BAR:
                below.append(f"{page}: {', '.join(weak_spots(found))}")
    click.echo()
    for name, reason in _LEFT_OUT_OF_RESULTS.items():
        click.echo(f"{name}: {reason}.")
    version = subprocess.run([chromium, "--version"], check=True, capture_output=True, text=True)
    click.echo(f"Lighthouse {_VERSION}, {version.stdout.strip()}")
    if below:
        raise click.ClickException(f"below {_BAR}: {'; '.join(below)}")


if __name__ == "__main__":
    main()
