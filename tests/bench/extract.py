"""Data of a page against a schema, by the model that ships: how often are they right?

    python -m tests.bench.extract [--count 20] [--base-url URL] [--json]

Pages are made from a seed: an order with its number, customer, state and total, and a table of its lines; the schema
asks for a part of it. The model may only write what stands on the page, so what is measured is whether it takes the
right piece. Through the real dialect and server; the page is given as the page script would read it, without a browser.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autoglm.dialects import dialect_of
from autoglm.errors import Mistake
from autoglm.schema import Schema
from autoglm.seams import Model
from autoglm.types import Element, Observation, Text
from tests.bench.harness import model_at, wilson

STATES = ["open", "paid", "shipped"]
PEOPLE = "Ada Lovelace|Grace Hopper|Edsger Dijkstra|Barbara Liskov|Radia Perlman|Tim Berners-Lee".split("|")
THINGS = "Green tea|Desk lamp|Notebook|Blue pen|Coffee filter|Paper clips|Wall map|Garden chair".split("|")


@dataclass(frozen=True)
class Asked:
    kind: str
    task: str
    schema: dict[str, Any]
    page: Observation
    right: Any


def asked(seed: int) -> list[Asked]:
    """One page, asked four things."""
    rng = random.Random(seed)
    number, who, state = f"R-{rng.randrange(1000, 9999)}", rng.choice(PEOPLE), rng.choice(STATES)
    lines = [(thing, rng.randrange(100, 9900) / 100) for thing in rng.sample(THINGS, 3)]
    total = round(sum(price for _, price in lines), 2)
    page = Observation(
        "http://localhost/order",
        "Order",
        (
            Element(1, "link", "All orders", takes=("Click",)),
            Text("heading", f"Order {number}"),
            Text("text", f"Customer: {who}"),
            Text("text", f"State: {state}"),
            Text("row", "Product | Price"),
            *(Text("row", f"{thing} | {price:.2f}") for thing, price in lines),
            Text("text", f"Total: {total:.2f}"),
            Element(2, "button", "Print", takes=("Click",)),
        ),
    )
    strings = {"type": "string"}
    line = {"type": "object", "properties": {"product": strings, "price": {"type": "number"}}}

    def of(kind: str, task: str, right: Any, **properties: Mapping[str, Any]) -> Asked:
        return Asked(kind, task, {"type": "object", "properties": properties, "required": [*properties]}, page, right)

    return [
        of("one text", "What is the customer?", {"customer": who}, customer=strings),
        of("one number", "What is the total?", {"total": total}, total={"type": "number"}),
        of("one of a list", "What is the state?", {"state": state}, state={"enum": STATES}),
        Asked(
            "a list of rows",
            "List the products with their prices",
            {"type": "array", "items": line | {"required": ["product", "price"]}},
            page,
            [{"product": thing, "price": price} for thing, price in lines],
        ),
    ]


async def measure(arguments: argparse.Namespace) -> list[tuple[str, bool]]:
    results: list[tuple[str, bool]] = []
    async with model_at(arguments.base_url, arguments.model) as model:
        for seed in range(arguments.count):
            for one in asked(seed):
                said = await answer(model, one)
                results.append((one.kind, said == one.right))
                if arguments.json:
                    print(json.dumps({"kind": one.kind, "right": one.right, "said": said}), flush=True)
    return results


async def answer(model: Model, one: Asked) -> Any:
    dialect = dialect_of(model.name, Schema(one.schema))
    prompt, grammar = dialect.ask_for_data(one.task, (), one.page)
    try:
        return json.loads(dialect.read_data((await model.complete(prompt, grammar)).text, ()))
    except Mistake as mistake:
        return str(mistake)


def table(results: Sequence[tuple[str, bool]]) -> str:
    asked, right = Counter(kind for kind, _ in results), Counter(kind for kind, good in results if good)
    return "\n".join(f"{kind:16}{right[kind]:4} of {asked[kind]}" for kind in asked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--base-url")
    parser.add_argument("--json", action="store_true", help="one object an answer on stdout")
    results = asyncio.run(measure(parser.parse_args()))
    right = sum(good for _, good in results)
    low, high = wilson(right, len(results))
    print(f"{table(results)}\n{right} of {len(results)} (95 % interval {low:.0%} to {high:.0%})", file=sys.stderr)


if __name__ == "__main__":
    main()
