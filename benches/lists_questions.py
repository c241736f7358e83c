"""How each reading route is asked. Routes come from the API's own document: one that is missing here is a failure."""

import random
from dataclasses import dataclass

from lists_ask import Api, Question

SEED = 20261126
EVER = (("from", "2000-01-01"),)
# Of each person, and told of at once.
OUTCOMES, AT_ONCE = 100, 5_000


@dataclass
class Known:
    """What there is to ask about."""

    people: list[dict]
    units: list[dict]
    pools: list[dict]
    offers: list[dict]
    grants: list[dict]
    keys: list[dict]
    charge: dict
    run: dict
    top_up: dict
    # What somebody asks of themselves with.
    own_key: str
    model: str
    months: list[str]
    years: list[int]
    actors: list[str]
    targets: list[str]

    @classmethod
    def of(cls, api: Api) -> "Known":
        def every(path: str) -> list[dict]:
            return [item for page in api.pages(path) for item in page["items"]]

        used = api.get("/usage", by="day", **{"from_": "2000-01-01"})["items"]
        trail = api.get("/audit")["items"]
        months = sorted({row["key"][:7] for row in used})
        people = every("/people")
        # The company has none of its own; asking for one changes nobody's money.
        achieve(api, people, months)
        asking = next(person["id"] for person in people if person["active"])
        top_up = api.post("/top-ups", {"person": asking, "amount": "5", "reason": "asked by the benchmark"})
        # What is read of a closed month is another way than what is worked out. The first one, since months are closed in order.
        if not api.get("/periods")["items"]:
            api.post("/periods", {"month": months[0]})
        own = api.post("/admin-keys", {"label": "oneself", "roles": ["employee"], "person": asking})
        return cls(
            top_up=top_up, own_key=own["key"],
            people=people, units=every("/units"), pools=every("/pools"), offers=every("/offers"),
            grants=every("/grants"), keys=every("/keys"), months=months,
            years=sorted({int(month[:4]) for month in months}),
            charge=api.get("/charges", **{"from_": "2000-01-01"})["items"][0],
            run=api.get("/runs", since="2000-01-01")["items"][0],
            model=api.get("/usage", **{"from_": "2000-01-01"})["items"][0]["key"],
            actors=sorted({entry["actor"] for entry in trail}),
            targets=[target for entry in trail for target in entry["targets"]],
        )


def achieve(api: Api, people: list[dict], months: list[str]) -> None:
    """The company has no outcomes of its own either: a hundred of everybody, told of once however often this runs."""
    families = api.get("/roles")["families"].values()
    kinds = sorted({kind for family in families for kind in family.get("outcomes", [])}) or ["report", "merged_change"]
    everybody = [(person["id"], place) for place, person in enumerate(people)]
    for number in range(OUTCOMES):
        month, day = months[number % len(months)], 1 + number % 28
        for first in range(0, len(everybody), AT_ONCE):
            outcomes = [
                {"person": person, "kind": kinds[(place + number) % len(kinds)], "at": f"{month}-{day:02}", "id": f"{person}/{number}"}
                for person, place in everybody[first:first + AT_ONCE]
            ]
            # The last month may have days that are still to come.
            api.post("/outcomes", {"source": "benchmark", "outcomes": outcomes, "partial": True})


def questions(api: Api, known: Known) -> list[Question]:
    """Every way of asking every reading route."""
    document = api.get("/openapi.json")
    reading = {path: methods["get"] for path, methods in document["paths"].items() if "get" in methods}
    ways = asked_so(known)
    if unknown := sorted(set(reading) - set(ways)):
        raise RuntimeError(f"nobody has said in lists_questions.py how to ask {', '.join(unknown)}")
    if gone := sorted(set(ways) - set(reading)):
        raise RuntimeError(f"the API has no {', '.join(gone)}; take them out of lists_questions.py")
    return [question for path in reading for question in paged(path, reading[path], ways[path], known)]


def paged(path: str, operation: dict, ways: list[Question], known: Known) -> list[Question]:
    """Of a list with pages a page from the middle is asked too."""
    query = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    deep = {
        "/api/v1/people": known.people, "/api/v1/grants": known.grants, "/api/v1/keys": known.keys,
        "/api/v1/offers": known.offers, "/api/v1/balances": [{"id": person["id"]} for person in known.people if person["active"]],
    }
    if path in deep and "after" in query:
        middle = deep[path][len(deep[path]) // 2]["id"]
        ways = [*ways, Question(path, query=(("after", middle),))]
    return ways


def asked_so(known: Known) -> dict[str, list[Question]]:
    """By path. `Question.judged` is false for what goes through everything on purpose."""
    dice = random.Random(SEED)
    some = dice.choice
    person, unit, pool, offer = (some(things)["id"] for things in (known.people, known.units, known.pools, known.offers))
    guaranteed = some([grant for grant in known.grants if grant["guaranteed"]])
    first, last = known.months[0], known.months[-1]
    middle = known.months[len(known.months) // 2]
    all_year = (("from", f"{first}-02"), ("to", f"{last}-20"))

    def ways(path: str, *queries: tuple, within: str = "", judged: bool = True, key: str = "") -> tuple[str, list[Question]]:
        path = f"/api/v1{path}"
        return path, [Question(path, within, query, judged, key) for query in (queries or ((),))]

    grains = ("model", "day", "person", "unit", "key", "tool", "project")
    return dict([
        ways("/openapi.json"),
        ways("/status"),
        ways("/people", (), (("limit", "50"),)),
        ways("/people/{id}", within=person),
        ways("/activations"),
        ways("/stops"),
        ways("/people/{id}/cost", within=person),
        ways("/costs"),
        ways(
            "/people/{id}/statement",
            *[(("month", month),) for month in (first, middle, last)],
            (("year", first[:4]),),
            (("year", last[:4]),),
            within=person,
        ),
        ways("/people/{id}/statement/document", (("month", last),), (("year", last[:4]), ("form", "pdf")), within=person),
        ways("/people/{id}/rewards", (), (("year", first[:4]),), within=person),
        ways("/people/{id}/rewards/document", (), (("form", "pdf"),), within=person),
        ways("/statements/key"),
        ways("/periods"),
        ways("/periods/{id}/verify", within=first, judged=False),
        ways("/units"),
        ways("/budgets"),
        ways("/grants", (), (("person", person),)),
        ways("/pools"),
        ways("/pools/liability", *[(("by", by), ("year", str(year))) for by in ("pool", "unit", "person") for year in known.years],
             (("unit", unit),)),
        ways("/remedies", (), (("from", f"{last}-01"), ("to", f"{last}-20"))),
        ways("/pools/{id}", within=pool),
        ways("/keys"),
        ways("/admin-keys"),
        ways("/balances", (), (("person", person),)),
        ways("/usage", *[(("by", by), *EVER) for by in grains], *[(("by", by), *all_year) for by in grains],
             *[(("by", by), ("from", f"{last}-01")) for by in grains],
             *[(("by", by), ("person", person), *EVER) for by in grains]),
        ways("/usage/history", (("from", f"{middle}-01"),), (("per", "week"), *all_year), (("per", "month"), ("person", person), *EVER)),
        ways("/charges", EVER, (*EVER, ("person", person)), (("from", f"{middle}-01"), ("to", f"{middle}-20")),
             (*EVER, ("before", str(known.charge["entry"] // 2)))),
        ways("/denials", EVER, (*EVER, ("person", person)), (("from", f"{middle}-01"), ("to", f"{middle}-20"))),
        ways("/runs", (("since", "2000-01-01"),), (("since", f"{middle}-15"),), (("since", "2000-01-01"), ("person", person)),
             (("since", "2000-01-01"), ("after", known.run["id"])), (("since", "2000-01-01"), ("tool", "claude-code"))),
        ways("/runs/burning", (), (("minutes", "60"),)),
        ways("/runs/{id}", within=known.run["id"]),
        ways("/runs/{id}/timeline", within=known.run["id"]),
        ways("/observed", EVER, (*EVER, ("person", person))),
        ways("/top-ups", (), (("person", person),)),
        ways("/top-ups/{id}", within=known.top_up["id"]),
        ways("/mandates"),
        ways("/absences"),
        ways("/flags", (), (("from", f"{known.months[2]}-01"),), (("from", f"{known.months[2]}-01"), ("person", person)),
             (("from", f"{middle}-01"), ("to", f"{middle}-20"))),
        ways("/forecast", (), (("by", "unit"),), (("by", "pool"),), (("by", "person"),), (("person", person),), (("unit", unit),)),
        ways("/forecast/back-test", (), (("person", person),), judged=False),
        ways("/alarms", (), (("all", "true"),), (("all", "true"), ("person", person))),
        ways("/alarms/mutes"),
        ways("/alarms/rules"),
        ways("/boards"),
        ways("/boards/settings"),
        (path := "/api/v1/boards/{id}", [
            Question(path, f"{of}-{month}", (("limit", "50"),)) for of in ("people-pace", "teams-outcomes") for month in (middle, last)
        ]),
        ways("/outcomes", (), (("person", person),)),
        ways("/outcomes/hooks"),
        ways("/roi", (), (("unit", unit),), (("by", "unit"),), (("by", "family"),),
             (("from", f"{middle}-01"), ("to", f"{last}-20")), (("against", "without"), ("from", f"{first}-02"))),
        ways("/roi/policy"),
        ways("/privacy"),
        ways("/privacy/map"),
        ways("/privacy/looks", (), (("person", person),)),
        ways("/me/looks", key=known.own_key),
        # Everything about somebody.
        ways("/me/export", judged=False, key=known.own_key),
        ways("/people/{id}/export", within=person, judged=False),
        (path := "/api/v1/trace/{id}", [
            Question(path, within) for within in
            (person, guaranteed["person"], guaranteed["id"], offer, known.charge["id"])
        ]),
        ways("/prices"),
        ways("/prices/{id}", (("provider", "anthropic"),), within=known.model),
        ways("/prices/{id}/history", (("provider", "anthropic"),), within=known.model),
        ways("/suspense"),
        ways("/bills", (), (("provider", "anthropic"),)),
        ways("/bills/reconciliation", (), (("from", f"{known.months[-1]}-01"),),
             (("from", f"{known.months[0]}-01"), ("to", f"{known.months[-1]}-28"))),
        ways("/bills/true-up", (("provider", "anthropic"), ("from", f"{known.months[-1]}-01"))),
        ways("/bills/true-ups"),
        ways("/session"),
        ways("/logins"),
        ways("/audit", (), (("action", "add_unit"),), (("action", "draft_offer"),), (("outcome", "denied"),),
             (("actor", known.actors[0]),), (("target", person),), (("target", known.targets[0]),),
             (("actor", known.actors[0]), ("action", "move_person")), (("from", f"{first}-01"), ("to", f"{middle}-01")),
             (("action", "no_such_thing"),)),
        ways("/audit/verify", judged=False),
        ways("/exports/focus", (("from", f"{middle}-01"), ("to", f"{middle}-02")), judged=False),
        ways("/exports/ledger", (("from", f"{middle}-01"), ("to", f"{middle}-02")), judged=False),
        ways("/exports/parquet", (("from", f"{middle}-01"), ("to", f"{middle}-02")), judged=False),
        ways("/exports/statements", (("month", middle), ("person", person)), judged=False),
        ways("/break-glass"),
        ways("/offers", (), (("state", "accepted"),), (("state", "draft"),)),
        ways("/offers/report", (), (("on", f"{middle}-15"),)),
        ways("/offers/{id}", within=offer),
        ways("/offers/{id}/findings", within=offer),
        ways("/offers/{id}/links", within=offer),
        ways("/offers/{id}/questions", within=offer),
        ways("/offers/{id}/letter", within=offer),
        ways("/roles"),
    ])
