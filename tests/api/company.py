"""A company with a few of everything, made through the API itself, and a key for each role."""

import datetime
import itertools
import json
import urllib.error
import urllib.parse
import urllib.request

ROLES = ["admin", "people", "finance", "manager:Engineering", "employee", "auditor"]


class Caller:
    """Whoever has this key."""

    def __init__(self, url: str, key: str):
        self.url, self.key = url, key

    def ask(self, method: str, path: str, body=None) -> dict:
        headers = {"Authorization": f"Bearer {self.key}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            return json.load(urllib.request.urlopen(request, timeout=60))
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path} {body}: {error.code} {error.read().decode()}") from error

    def get(self, path: str) -> dict:
        return self.ask("GET", path)

    def post(self, path: str, body=None) -> dict:
        return self.ask("POST", path, body)

    def put(self, path: str, body) -> dict:
        return self.ask("PUT", path, body)


def tool(url: str, key: str, name: str, arguments: dict) -> None:
    """Somebody's agent uses a tool: requests for money and outcomes come no other way."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    headers = {
        "Authorization": f"Bearer {key}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    }
    request = urllib.request.Request(f"{url}/mcp", json.dumps(body).encode(), headers)
    answer = json.load(urllib.request.urlopen(request, timeout=60))
    assert not answer["result"]["isError"], answer


def offer(number: int, amount: str, pool: str) -> dict:
    """An offer that the linter has nothing against."""
    today = datetime.date.today()
    starts = today + datetime.timedelta(days=60)
    return {
        "unit": "Platform",
        "reason": f"the team grows, {number}",
        "content": {
            "candidate": {"name": f"Candidate {number}", "email": f"candidate.{number}@example.com"},
            "title": "engineer",
            "role": {"family": "engineering", "level": "L4"},
            "zone": "Europe/Berlin",
            "starts": str(starts),
            "expires": str(today + datetime.timedelta(days=20)),
            "package": {
                "currency": "USD",
                "salary": "150000",
                "bonus": {"of_base": "10"},
                "equity": {"value": "40000", "vesting": {"months": 48, "cliff_months": 12}},
                "tokens": {
                    "amount": amount, "guaranteed": True, "pool": pool, "term": f"{starts.year + 1}-12-31",
                    "floor": "1/workday", "rollover": "lapses", "activation": "start_date",
                },
            },
        },
    }


def made(url: str, first: str) -> tuple[dict[str, str], dict[str, str]]:
    """Makes it with the first administrator's key; gives the keys by role, and the offers by what can be done with them."""
    admin = Caller(url, first)
    for name, parent in (("Engineering", None), ("Platform", "Engineering"), ("Sales", None)):
        admin.post("/units", {"name": name, "zone": "Europe/Berlin", **({"parent": parent} if parent else {})})
    for number, unit in ((1, "Platform"), (2, "Sales"), (3, "Platform")):
        name = f"Person {number}"
        person = admin.post("/people", {"name": name, "zone": "Europe/Berlin", "unit": unit, "email": f"p{number}@example.com"})
        admin.post("/grants", {"person": person["id"], "amount": "20/day"})
        key = admin.post("/keys", {"person": person["id"]})["key"]
        for amount, purpose in (("5", "files"), ("7", "launch"), ("9", "audit")):
            asked = {"amount": amount, "purpose": purpose, "reason": "one more pass over the large files"}
            tool(url, key, "request_top_up", asked)
        tool(url, key, "log_outcome", {"kind": "report"})
        admin.post("/activations", {"person": person["id"]})
    for source in ("tickets", "releases"):
        admin.post("/outcomes/hooks", {"source": source})
    admin.post("/budgets", {"owner": "company", "amount": "100000/month"})
    admin.post("/budgets", {"owner": "Engineering", "amount": "50000/month"})
    admin.post("/stops", {"on": {"model": "model-of-yesterday-*"}})
    admin.post("/roles/presets")
    admin.post("/logins", {"email": "auditor@example.com", "password": "four words in a row", "roles": ["auditor"]})
    keys = {}
    for role in ROLES:
        who = {"person": "Person 1"} if role == "employee" else {}
        keys[role] = admin.post("/admin-keys", {"label": role, "roles": [role], **who})["key"]
    admin.post("/admin-keys", {"label": "lead", "roles": ["manager:Engineering"], "person": "Person 3"})
    for name in ("Person 1", "Person 2", "Person 3", "Person 1"):
        admin.post("/alarms/mutes", {"person": name, "kind": "speed", "until": str(datetime.date.today() + datetime.timedelta(days=30))})
    admin.post("/mandates", {"manager": "Person 3", "unit": "Engineering", "per_month": "20", "per_request": "2"})
    admin.post("/absences", {"person": "Person 3", "delegate": "Person 2", "until": str(datetime.date.today())})
    admin.put("/boards/settings", {"on": True})
    finance, people = Caller(url, keys["finance"]), Caller(url, keys["people"])
    finance.post("/costs", {"set": {"pay": {"salary": "80000"}, "benefits": {"of_salary": "20"}}})
    for pool, owner in (("Research", "company"), ("Platform tokens", "Platform")):
        finance.post("/pools", {"name": pool, "owner": owner})
        for year in range(datetime.date.today().year, datetime.date.today().year + 3):
            finance.post(f"/pools/{urllib.parse.quote(pool)}/funds", {"amount": "900000", "year": year})
    return keys, offers(people, finance)


def offers(people: Caller, finance: Caller) -> dict[str, str]:
    """Offers in each state that takes no time to come to, one for each thing that is done with one."""
    numbers = itertools.count(1)

    def drafted() -> str:
        return people.post("/offers", offer(next(numbers), "20/workday", "Research"))["id"]

    def submitted() -> str:
        made = drafted()
        people.post(f"/offers/{made}/submit")
        return made

    def sent() -> str:
        made = drafted()
        for duty in people.post(f"/offers/{made}/submit")["missing"]:
            finance.post(f"/offers/{made}/approve", {"duty": duty})
        people.post(f"/offers/{made}/send")
        return made

    def accepted() -> str:
        made = sent()
        people.post(f"/offers/{made}/accept", {"version": 1, "signed": "Candidate 5"})
        return made

    def ended() -> str:
        made = sent()
        people.post(f"/offers/{made}/decline", {"reason": "timing", "note": "next year perhaps"})
        return made

    def ready() -> str:
        made = drafted()
        for duty in people.post(f"/offers/{made}/submit")["missing"]:
            finance.post(f"/offers/{made}/approve", {"duty": duty})
        return made

    for offer_id in (linked := [drafted(), sent()]):
        people.post(f"/offers/{offer_id}/links", {})
    return {
        "offer_links": linked[0], "add_offer_link": linked[1], "offer_questions": linked[1],
        "revise_offer": drafted(), "submit_offer": drafted(), "approve_offer": submitted(), "return_offer": submitted(),
        "send_offer": ready(), "view_offer": sent(), "counter_offer": sent(), "accept_offer": sent(),
        "decline_offer": sent(), "withdraw_offer": sent(), "offer_letter": accepted(), "erase_offer": ended(),
    }
