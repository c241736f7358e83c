"""What is in the company, put into the document, so that requests are about things that exist.

A tool that only knows shapes makes ids up, and nearly all answers are "no such thing". Here the places for ids, names,
days and amounts get some that are real, beside the shape itself for what is not; what no field says by itself (the
content of an offer, a spreadsheet) is given as a whole example.
"""

import copy
import datetime
import json

import company

TODAY = datetime.date.today()


def day(ahead: int) -> str:
    return str(TODAY + datetime.timedelta(days=ahead))


def ids(caller: company.Caller, path: str) -> list[str]:
    return [item["id"] for item in caller.get(path)["items"]]


class Known:
    """Ids by the beginning of their paths, values by the names of fields, and whole bodies by operation."""

    def __init__(self, admin: company.Caller, people: company.Caller, offers: dict[str, str]):
        self.people = ids(admin, "/people")
        self.offers = ids(people, "/offers")
        units = ["Engineering", "Platform", "Sales"]
        pools = ["Research", "Platform tokens"]
        cards = [price["card"] for price in admin.get("/prices")["items"][:8]]
        prices = [f"{card['provider']}/{card['model']}" for card in cards]
        grants = ids(admin, "/grants")
        self.outcomes = ids(admin, "/outcomes")
        lead = admin.get("/mandates")["items"][0]["manager"]
        self.paths = {
            "people": self.people + ["Person 1"],
            "grants": grants,
            "budgets": ids(admin, "/budgets"),
            "keys": ids(admin, "/keys"),
            "admin-keys": ids(admin, "/admin-keys"),
            "activations": ids(admin, "/activations"),
            "offer-links": [link["id"] for offer in self.offers for link in people.get(f"/offers/{offer}/links")["items"]],
            "offer-questions": [f"nte_{0:026}"],
            "logins": ids(admin, "/logins"),
            "stops": ids(admin, "/stops"),
            "top-ups": ids(admin, "/top-ups"),
            "alarms": ids(admin, "/alarms/mutes"),
            "absences": self.people,
            "outcomes": self.outcomes + ids(admin, "/outcomes/hooks"),
            "boards": [f"{board}-{TODAY:%Y-%m}" for board in ("people-outcomes", "people-pace", "teams-pace")],
            "offers": self.offers,
            "pools": ids(people, "/pools") + pools,
            "periods": ["2026-10", "2026-11"],
            "prices": prices + [price.split("/")[1] for price in prices[:2]],
            "trace": [*self.people, *grants, *self.offers],
        }
        # What one of them does to a request, another can't do any more.
        decided = ("approve_top_up", "deny_top_up", "cancel_top_up")
        self.examples = {**offers, **dict(zip(decided, self.paths["top-ups"]))}
        self.fields = {
            "person": self.people,
            "unit": units,
            "parent": units,
            "owner": ["company", *units],
            "manager": self.people,
            "delegate": self.people,
            "pool": pools,
            "to": pools,
            "zone": ["Europe/Berlin", "America/New_York", "Asia/Kolkata"],
            "start": [day(0), day(40)],
            "end": [day(400)],
            "until": [day(30)],
            "expires": [day(90)],
            "on": [day(0), day(100)],
            "from": [day(-3), day(-400)],
            "since": [day(-3), day(-400)],
            "minutes": [1, 60],
            "tool": ["claude-code", "codex"],
            "year": [TODAY.year, TODAY.year + 1],
            "roles": [["auditor"], ["finance", "people"], ["manager:Engineering"]],
            "provider": ["anthropic", "openai"],
            "password": ["five words in a row"],
            "version": [1, 2],
        }
        self.amounts = {
            "add_grant": ["7/day", "90/month"],
            "set_budget": ["50000/month", "100000/month"],
            "ask_top_up": ["3", "4.50"],
            "approve_top_up": ["1", "2.50"],
            "fund_pool": ["100", "12.50"],
            "transfer_pool": ["1", "2.50"],
        }
        content = company.offer(9, "60/workday", "Research")["content"]
        points = [{"bucket": "input_uncached", "price": "3"}, {"bucket": "output", "price": "9"}]
        self.bodies = {
            "add_person": {"name": "Person 7", "zone": "Europe/Berlin", "unit": "Platform"},
            "add_unit": {"name": "Design", "zone": "Europe/Berlin"},
            "add_grant": {"person": self.people[0], "amount": "7/day"},
            "add_key": {"person": self.people[0]},
            "add_activation": {"person": self.people[1]},
            "add_admin_key": {"label": "a script", "roles": ["auditor"]},
            "add_pool": {"name": "Next year", "owner": "company"},
            "fund_pool": {"amount": "100"},
            "record_observed": {
                "person": self.people[0],
                "requests": [
                    {
                        "tool": "claude-code", "session": "one", "source": "history", "id": "00000000000000ff",
                        "used_at": f"{day(-1)}T12:00:00Z", "model": "claude-opus-5-5", "usage": {"output": 10},
                    }
                ],
            },
            "place_stop": {"on": {"model": "another-of-yesterday-*"}},
            "set_budget": {"owner": "Sales", "amount": "50000/month"},
            "set_zone": {"zone": "Europe/Paris"},
            "move_person": {"unit": "Engineering"},
            "set_person_role": {"family": "engineering", "level": "L4"},
            "set_login_roles": {"roles": ["finance"]},
            "set_login_password": {"password": "five words in a row"},
            "draft_offer": company.offer(8, "90/workday", "Research"),
            "revise_offer": {"content": content, "reason": "less of it"},
            "preview_offer": {"content": content},
            "add_offer_link": {"until": day(30)},
            "answer_question": {"answer": "On workdays."},
            "counter_offer": {"content": content, "reason": "not enough"},
            "accept_offer": {"version": 1, "signed": "Candidate 3"},
            "approve_offer": {"duty": "finance"},
            "import_prices": {"text": json.dumps(cards[:1]), "dry_run": True},
            "decline_offer": {"reason": "timing"},
            "import_bill": {
                "provider": "anthropic",
                "text": f"day,model,input_uncached,amount,currency\n{day(-1)},claude-sonnet-4-5,1000,0.003,USD\n",
            },
            "set_bill_keys": {"provider": "anthropic", "keys": ["apikey_1"]},
            "enter_invoice": {"provider": "anthropic", "number": "7", "from": day(-30), "to": day(0), "total": "12.50"},
            "plan_true_up": {"provider": "anthropic"},
            "import_people": {"csv": "name,zone,unit\nPerson 8,Europe/Berlin,Platform\n"},
            "import_units": {"csv": "name,parent,zone\nField,Sales,UTC\n"},
            "make_good": {},
            "change_grant": {"change": {"share": {"share": "50%", "from": day(30)}}, "preview": True},
            "sign_in": {"email": "auditor@example.com", "password": "four words in a row"},
            "break_glass": {"action": "approve_offer", "target": self.offers[0], "reason": "there is only one of us"},
            "add_login": {"email": "nine@example.com", "password": "five words in a row", "roles": ["auditor"]},
            "set_price": {"provider": "openai", "model": "own-model", "rates": points, "source": "our contract"},
            "explain": {
                "provider": cards[0]["provider"], "model": cards[0]["model"], "usage": {"input_uncached": 10},
            },
            "preview_roles": {"changes": []},
            "record_outcomes": {"outcomes": [{"person": self.people[0], "kind": "report", "id": "r-1"}]},
            "import_outcomes": {"csv": f"person,kind,at\n{self.people[0]},report,{day(-3)}\n"},
            "add_hook": {"source": "tickets"},
            "what_if": {"cost": "500000", "tokens": "100000", "multiplier": "1.3"},
            "set_person_returns": {"open": True},
            "set_costs": {"set": {"of": {"family": "engineering"}, "pay": {"salary": "150000"}}},
            "ask_top_up": {"person": self.people[0], "amount": "3", "reason": "one more pass", "purpose": "review"},
            "approve_top_up": {"amount": "1", "reason": "a part of it"},
            "deny_top_up": {"reason": "not this month"},
            "mute_alarms": {"person": self.people[0], "until": day(30)},
            "set_alarm_rules": {"used_percent": [50, 90]},
            "preview_alarms": {},
            "set_mandate": {"manager": lead, "unit": "Engineering", "per_month": "30", "per_request": "3"},
            "set_profile": {"profile": "standard"},
            "set_retention": {"outcome_links": 24, "denials": 12, "looks": 6, "reasons": 12},
            "set_boards": {"on": True, "without": ["Sales"]},
            "join_boards": {"words": "Amber Otter"},
            "set_absence": {"person": self.people[1], "delegate": self.people[0], "until": day(30)},
            # As it is: with funds and promises another first month is refused.
            "set_fiscal_month": {"month": 1},
        }


def with_known(document: dict, known: Known) -> dict:
    """A copy of the document in which requests are more often about things that exist."""
    document = copy.deepcopy(document)
    for path, methods in document["paths"].items():
        family = path.removeprefix("/api/v1/").split("/")[0]
        for operation in methods.values():
            name = operation["operationId"]
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"] = either(known.paths.get(family), parameter["schema"])
                    if name in known.examples:
                        parameter["example"] = known.examples[name]
                elif parameter["in"] == "query":
                    parameter["schema"] = either(known.fields.get(parameter["name"]), parameter["schema"])
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                for field, schema in body["schema"].get("properties", {}).items():
                    values = known.amounts.get(name) if field == "amount" else known.fields.get(field)
                    # What a whole example says there must fit too, or the example is left out in silence.
                    own = known.bodies.get(name, {}).get(field)
                    values = [*values, own] if values and own is not None else values
                    body["schema"]["properties"][field] = either(values, schema)
                if name in known.bodies:
                    body["example"] = known.bodies[name]
    return document


def either(values: list | None, schema: dict) -> dict:
    """One of these, where there are any and the shape is not one of several of its own."""
    if not values or "oneOf" in schema:
        return schema
    return {"enum": values, **({"description": schema["description"]} if "description" in schema else {})}
