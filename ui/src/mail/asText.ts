/**
 * A message's story as plain text, to paste into a support case.
 */
import type { StoryView } from "../bridge/bridge";
import type { Lanes } from "./lanes";
import { exactTime, sayHeld, sayProblem, sayStep, size, stateWords } from "../words";

export function asText(story: StoryView, lanes: Lanes): string {
  const { entry } = story;
  const lines = [
    `Subject: ${entry.subject}`,
    `From: ${entry.sender || "<>"}`,
    `To: ${entry.firstRecipient}${entry.recipients > 1 ? ` and ${entry.recipients - 1} more` : ""}`,
    `Device: ${[entry.clientName, entry.client].filter(Boolean).join(", ")}`,
    `Size: ${size(entry.size)}`,
    `State: ${stateWords[entry.state].label}${entry.held ? `. ${sayHeld(entry.held)}` : ""}`,
    `Number: ${entry.id}`,
    "",
  ];
  for (const { at, what, lane } of story.steps) {
    const provider = lanes.label(lane);
    lines.push(`${exactTime(at)}  ${sayStep(what, provider).title}`);
    if (what.kind === "deferred" || what.kind === "bounced") lines.push(`    ${sayProblem(what.problem, provider).title}`, `    ${what.problem.said ?? ""}`);
    if (what.kind === "sent") lines.push(`    ${what.server}: ${what.reply}`);
    if (what.kind === "sent" && what.again) lines.push("    Sent again, because the answer to the time before was lost: the recipient may have it twice.");
  }
  return lines.join("\n");
}
