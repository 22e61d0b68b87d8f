/**
 * A device as the relay meets it: SMTP spoken line by line over a socket of its own, plain or encrypted.
 *
 * In: the relay's port, and the address of this machine it comes from. Every answer that is not the wanted one throws.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as encrypt } from "node:tls";

export class Device {
  #socket;
  #heard = "";
  #wake = () => {};
  #name;

  /** Greeted, and having greeted. */
  static async connect(port, { address = "127.0.0.1", name = "scanner" } = {}) {
    const device = new Device();
    device.#name = name;
    device.#use(connect({ port, host: "127.0.0.1", localAddress: address }));
    await device.#reply("220");
    await device.says(`EHLO ${name}`, "250");
    return device;
  }

  /** Gives the whole reply. */
  async says(line, code) {
    this.#socket.write(`${line}\r\n`);
    return this.#reply(code);
  }

  /** The relay's own certificate is not checked: scanners do not either. */
  async startTls() {
    await this.says("STARTTLS", "220");
    this.#socket.removeAllListeners("data");
    const encrypted = encrypt({ socket: this.#socket, rejectUnauthorized: false });
    await once(encrypted, "secureConnect");
    this.#use(encrypted);
    await this.says(`EHLO ${this.#name}`, "250");
  }

  async signIn(user, password, code = "235") {
    return this.says(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString("base64")}`, code);
  }

  async handIn(from, to, content) {
    await this.says(`MAIL FROM:<${from}>`, "250");
    await this.says(`RCPT TO:<${to}>`, "250");
    await this.says("DATA", "354");
    await this.says(`${content.replace(/^\./gm, "..")}.`, "250");
  }

  async quit() {
    await this.says("QUIT", "221");
    this.#socket.destroy();
  }

  #use(socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.#heard += bytes.toString("latin1");
      this.#wake();
    });
    for (const end of ["error", "close"]) socket.on(end, () => this.#wake());
  }

  async #reply(code) {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#heard)?.[0];
      if (whole !== undefined) {
        this.#heard = this.#heard.slice(whole.length);
        assert.ok(whole.startsWith(code), `wanted ${code}, heard ${whole}`);
        return whole;
      }
      assert.ok(!this.#socket.destroyed, `wanted ${code}, and the connection is closed`);
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }
}
