/**
 * The icon in the tray, spoken to over the session bus as a panel does (StatusNotifierItem, com.canonical.dbusmenu).
 *
 * In: the program's process. Out: its menu as text, and clicks on it.
 */
import { execFileSync } from "node:child_process";

const ITEMS = "/org/ayatana/NotificationItem";

const gdbus = (verb, to, path, ...rest) =>
  execFileSync("gdbus", [verb, "--session", "--dest", to, "--object-path", path, ...rest], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const bus = (method, ...words) =>
  gdbus("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "--method", `org.freedesktop.DBus.${method}`, ...words);

/** Its menu, or null as long as there is none. */
export function trayOf(pid) {
  for (const [name] of bus("ListNames").matchAll(/:\d+\.\d+/g)) {
    try {
      if (!bus("GetConnectionUnixProcessID", name).includes(`uint32 ${pid},`)) continue;
      const path = /node (\/org\/ayatana\/NotificationItem\/\S+\/Menu) \{/.exec(gdbus("introspect", name, ITEMS, "--recurse"))?.[1];
      if (path) return new Tray(name, path);
    } catch {
      // It has gone since it was listed, or has no icon.
    }
  }
  return null;
}

class Tray {
  #name;
  #path;

  constructor(name, path) {
    this.#name = name;
    this.#path = path;
  }

  #menu(method, ...words) {
    return gdbus("call", this.#name, this.#path, "--method", `com.canonical.dbusmenu.${method}`, ...words);
  }

  /** What can be read in it, by its number. */
  lines() {
    const lines = new Map();
    for (const [, id, properties] of this.#menu("GetLayout", "0", "1", "[]").matchAll(/\((\d+), \{([^}]*)\}/g)) {
      const label = /'label': <'((?:[^'\\]|\\.)*)'>/.exec(properties)?.[1];
      if (label) lines.set(label.replaceAll("_", ""), Number(id));
    }
    return lines;
  }

  click(label) {
    const id = this.lines().get(label);
    if (id === undefined) throw new Error(`no "${label}" in the tray's menu: ${[...this.lines().keys()].join(" · ")}`);
    this.#menu("Event", String(id), "clicked", "<''>", "0");
  }
}
