// What plain HTML can't do. Nothing that matters needs it: every link and form works without.
import { charts } from "./charts.js";
import { drawers } from "./drawer.js";
import { shortcuts } from "./keys.js";
import { live } from "./live.js";
import { offerEditor } from "./offer.js";
import { palette } from "./palette.js";

shortcuts(document);
palette(document);
charts(document);
drawers(document);
live(document);
offerEditor(document);
