/**
 * Plain lines as HTML that looks the same.
 */
export function asHtml(text: string): string {
  const escaped = text.trim().replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return `<p style="color:#666;font-size:small">${escaped.split("\n").join("<br>\n")}</p>`;
}
