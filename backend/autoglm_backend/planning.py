"""`autoglm-backend plan`: looks at the machine, or takes a hypothetical one, and shows the plan. Loads nothing."""

from __future__ import annotations

import json
import os

from autoglm_backend import models, what_if
from autoglm_backend.machine import Machine
from autoglm_backend.plan import Plan, Wanted, plan
from autoglm_backend.plan.command import export
from autoglm_backend.plan.text import as_json, table

USUAL = "zai-org/GLM-4-9B-0414"
SMALLER = ("zai-org/GLM-4.7-Flash", "zai-org/GLM-4-9B-0414")


def show(model: str | None, imagined: str | None, kind: str | None, ctx: int | None, as_object: bool) -> str:
    """What `plan` prints. Raises BackendError."""
    machine, found = make(model, imagined, ctx)
    if kind:
        return export(found, kind)
    return json.dumps(as_json(found, machine)) if as_object else table(found, machine)


def make(model: str | None, imagined: str | None = None, ctx: int | None = None) -> tuple[Machine, Plan]:
    """The machine, here or imagined, and the plan for it. With no model: the usual GLM, down to the embedded one."""
    described = models.read(model or USUAL)
    machine = look(described) if imagined is None else what_if.machine(imagined)
    others = tuple(models.read(name) for name in SMALLER)
    return machine, plan(machine, described, models.read("embedded"), Wanted(ctx=ctx, others=others))


def look(model: models.Model) -> Machine:
    from autoglm_backend.probe import probe

    files = sorted(model.path.glob("*.safetensors")) if model.path else []
    return probe(files, environment=os.environ)
