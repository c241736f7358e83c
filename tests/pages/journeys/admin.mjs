// Journeys: the brake and the trail.
import assert from "node:assert/strict";

export const journeys = {
  async "the brake: not without the tick, then a model, and it is lifted"({ visitor }) {
    const { page, close } = await visitor("admin");
    await page.goto("/admin/stop");
    await page.getByLabel("What", { exact: true }).selectOption("company");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("alert").getByText("Nothing was stopped").waitFor();
    await page.getByLabel("What", { exact: true }).selectOption("model");
    await page.getByLabel(/^Which one/).fill("claude-opus-4-7");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped: calls under way are cut").waitFor();
    await page.getByText("Calls of the model claude-opus-4-7 are stopped").waitFor();
    await page.getByRole("button", { name: /^Lift the stop of The model/ }).click();
    await page.getByText("Lifted: calls are let through again.").waitFor();
    await close();
  },

  async "an auditor filters the trail by its address and proves it whole"({ visitor }) {
    const { page, close } = await visitor("auditor");
    await page.goto("/admin/audit");
    await page.getByLabel("Became").selectOption("denied");
    await page.getByRole("button", { name: "Filter" }).click();
    assert.match(page.url(), /outcome=denied/);
    await page.getByRole("link", { name: "Verify the trail" }).click();
    await page.getByRole("heading", { name: "The trail is whole" }).waitFor();
    assert.match(page.url(), /outcome=denied/);
    await close();
  },
};
