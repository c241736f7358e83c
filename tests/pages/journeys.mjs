// What people come for, each in a browser of its own, by area; in this order, because some leave something behind.
import assert from "node:assert/strict";
import { journeys as admin } from "./journeys/admin.mjs";
import { journeys as clicks } from "./journeys/clicks.mjs";
import { journeys as council } from "./journeys/council.mjs";
import { journeys as doors } from "./journeys/doors.mjs";
import { journeys as drawers } from "./journeys/drawers.mjs";
import { journeys as finance } from "./journeys/finance.mjs";
import { journeys as offers } from "./journeys/offers.mjs";
import { journeys as own } from "./journeys/own.mjs";
import { journeys as people } from "./journeys/people.mjs";

const areas = [clicks, doors, drawers, own, finance, people, admin, offers, council];

export const journeys = Object.assign({}, ...areas);
const all = areas.flatMap(Object.keys);
assert.equal(Object.keys(journeys).length, all.length, "two journeys have one title");
