// What plain HTML can't do. Nothing that matters needs it: every link and form works without.
import { shortcuts } from "./keys.js";

shortcuts(document);
