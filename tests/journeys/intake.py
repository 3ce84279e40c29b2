"""What the browser tests of recording share: their scene, set in the product while it runs."""

import json
import subprocess
import sys
from typing import Any

from tests.journeys.server import ROOT, Product, environment


def intake_scene(product: Product, key: str, language: str = "en") -> dict[str, Any]:
    """People and an open assignment of their own for one test; `key` sets their addresses apart: olga-KEY@example.com."""
    command = [sys.executable, "-m", "tests.journeys.scene_intake", key, language]
    settings = environment(
        product.data, product.clock, DJANGO_SETTINGS_MODULE="embudo.project.settings", BASE_URL=product.base
    )
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    scene: dict[str, Any] = json.loads(done.stdout)
    return scene
