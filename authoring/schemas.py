"""JSON Schemas of what authors write, for their editors; `python -m authoring.schemas` renews those in docs/schemas."""

import json
from pathlib import Path
from typing import Any

from authoring.shapes import MODELS

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: str) -> dict[str, Any]:
    """The schema of one kind of file; the `null` that TOML does not have is left out."""
    made: dict[str, Any] = _without_null(MODELS[kind].model_json_schema(by_alias=True))
    return {"$schema": DRAFT, **made, "title": f"Terreau: {kind}"}


def written(kind: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


def path_of(kind: str) -> Path:
    return FOLDER / f"{kind}.schema.json"


def write_all() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in MODELS:
        path_of(kind).write_text(written(kind), encoding="utf-8")


def _without_null(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _without_null(value) for key, value in node.items() if not (key == "default" and value is None)}
    options = [option for option in kept.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        del kept["anyOf"]
        return {**options[0], **kept}
    return {**kept, "anyOf": options} if options else kept


if __name__ == "__main__":
    write_all()
