"""The document of the client API, and schemathesis going by it: what is answered stands in the document."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import requests
import schemathesis
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fediverse_support.database.pool import acquire

EXAMPLES = 2
"""For each call; and one more with what fits nowhere."""
NASTY = (
    "x" * 10_000, "9" * 30, -1, 1e300, "\N{REPLACEMENT CHARACTER}'; drop table posts; --", {"a": {"b": []}},
    [[["deep"]]], None, True, "2026-13-45", "(a+)+$", "\u202eevil", "",
)  # fmt: skip
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
STREAMS = "/api/v1/streaming"
"""An answer that goes on for ever is tested where it belongs."""


async def test_the_document_tells_of_every_address_and_who_may_call_it(api):
    guest = await api()
    document = await guest.get("/api/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "https://garden.example"}]
    lists = document["paths"]["/api/v1/lists/{id}"]
    assert set(lists) == {"get", "put", "patch", "delete"}
    assert lists["put"]["security"] == [{"token": ["write:lists"]}]
    fields = lists["put"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(fields) == {"title", "replies_policy", "exclusive"}
    public = document["paths"]["/api/v1/timelines/public"]["get"]
    assert public["security"] == [{}, {"token": ["read:statuses"]}]
    assert {"local", "remote", "max_id", "min_id"} <= {one["name"] for one in public["parameters"]}
    upload = document["paths"]["/api/v2/media"]["post"]
    assert {"200", "202", "422"} <= set(upload["responses"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path} says nothing of itself"
            assert operation["responses"]["200"]
    assert len({one["operationId"] for all in document["paths"].values() for one in all.values()}) > 100
    assert "\N{SECTION SIGN}" not in json.dumps(document), "a reader has not our notes beside them"


def cases_of(operation: Any) -> list[Case]:
    """A few calls of one address, the same in every run; of wrong ones our own are cheaper to make."""
    found: list[Case] = []

    @hypothesis.settings(
        max_examples=EXAMPLES,
        phases=[hypothesis.Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return [*found, ill_formed(operation, len(operation.path))]


def ill_formed(operation: Any, at: int) -> Case:
    """A call whose every field has what does not belong there."""
    nasty = itertools.islice(itertools.cycle(NASTY), at % len(NASTY), None)
    query = {one.name: str(next(nasty)) for one in operation.query}
    if not operation.body:
        return operation.Case(path_parameters=dict.fromkeys(names_in(operation.path)), query=query)
    body = {name: next(nasty) for name in operation.body[0].definition["schema"]["properties"]}
    return operation.Case(
        path_parameters=dict.fromkeys(names_in(operation.path)),
        query=query,
        body=body,
        media_type="application/json",
    )


def names_in(path: str) -> list[str]:
    return re.findall(r"{([^}]*)}", path)


async def test_whatever_schemathesis_sends_gets_a_documented_answer(world, village, api, ada, ben):
    owls = await village.group()
    for member in (ada, ben):
        await village.joins(member, owls)
    post = await village.writes(ada, owls.actor, "Who is **awake**? #sleep", content_warning="Night")
    await village.writes(ben, owls.actor, "I am. @ada")
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into group_moderators (group_id, actor_id) values ($1, $2)", owls.actor.id, ben.actor_id
        )
        boost = await db.fetchval("select id from boosts where post_id = $1", post.id)
    apps = [await api(ada), await api(ben, acts_as=owls.actor.id), await api()]
    numbers = [post.id, boost, ada.actor_id, owls.actor.id, 1, 2, 2**63 - 1, 2**63, "night_owls", "%00", "-1"]
    schema = schemathesis.openapi.from_dict(await apps[2].get("/api/openapi.json"))
    sender, number = itertools.cycle(apps), itertools.cycle(numbers)
    wrong, statuses = set[str](), Counter[int]()
    for operation in (found.ok() for found in schema.get_all_operations()):
        if operation.path.startswith(STREAMS):
            continue
        for case in cases_of(operation):
            case.path_parameters = {name: str(next(number)) for name in case.path_parameters or {}}
            answer = await send(next(sender), case)
            statuses[answer.status_code] += 1
            wrong.update(complaints(case, answer))
    assert statuses[200] > 100, f"most went wrong before it came to anything: {statuses}"
    assert sum(statuses.values()) > 500
    assert not wrong, "\n".join(sorted(wrong))


async def send(app: Any, case: Case) -> Any:
    """The call over ASGI, as `requests` would write it, with the app's own token."""
    told = case.as_transport_kwargs(base_url="https://garden.example")
    written = requests.Request(**told).prepare()
    headers = {name: value for name, value in written.headers.items() if name == "Content-Type"}
    return await app.http.request(written.method, written.url, headers=headers, content=written.body or b"")


def complaints(case: Case, answer: Any) -> Iterator[str]:
    """What is wrong with an answer, in a line each."""
    at = f"{case.method} {case.operation.path}"
    for check in CHECKS:
        try:
            case.validate_response(Response.from_any(answer), checks=[check])
        except BaseExceptionGroup as group:
            for error in group.exceptions:
                yield f"{at} {answer.status_code}: {' '.join(str(error).split())[:300]}"
        except schemathesis.errors.SchemathesisError as error:
            yield f"{at}: {error}"
