import { createCipheriv } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

/**
 * DES as VNC uses it (RFC 6143 §7.2.2): the key is the password's first 8 characters, padded with NUL, each byte with its
 * bits reversed. Three times the same key makes triple DES, which OpenSSL still has, single DES.
 */
function vncDes(password: Buffer, blocks: Buffer): Buffer {
  const key = Buffer.alloc(8);
  password.copy(key, 0, 0, 8);
  const reversed = key.map((byte) => parseInt(byte.toString(2).padStart(8, "0").split("").reverse().join(""), 2));
  const cipher = createCipheriv("des-ede3", Buffer.concat([reversed, reversed, reversed]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]);
}

/** The file that `vncpasswd -f` writes: the password under a key that is in VNC's sources (d3des obfuscation key). */
export function passwordFile(password: string): Buffer {
  const block = Buffer.alloc(8);
  Buffer.from(password).copy(block, 0, 0, 8);
  return vncDes(Buffer.from([23, 82, 107, 6, 35, 78, 88, 7]), block);
}

/** Does the handshake of RFB 3.8 with VNC authentication, as guacd does. Resolves to "accepted", or to the server's reason. */
export async function tryPassword(port: number, password: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  const read = async (length: number): Promise<Buffer> => {
    while (received.length < length) {
      if (socket.readableEnded) throw new Error("the VNC server closed the connection");
      await Promise.race([once(socket, "data"), once(socket, "end")]);
    }
    const part = received.subarray(0, length);
    received = received.subarray(length);
    return part;
  };
  const reason = async () => (await read((await read(4)).readUInt32BE())).toString();
  try {
    await once(socket, "connect");
    const version = (await read(12)).toString();
    // A caller that TigerVNC refuses is answered as in RFB 3.3: no security type, in four bytes.
    if (version === "RFB 003.003\n" && (await read(4)).readUInt32BE() === 0) return await reason();
    socket.write(version);
    const [count = 0] = await read(1);
    if (count === 0) return await reason();
    const types = await read(count);
    if (!types.includes(2)) throw new Error(`the VNC server offers no VNC authentication: ${types.join(", ")}`);
    socket.write(Buffer.from([2]));
    socket.write(vncDes(Buffer.from(password), await read(16)));
    return (await read(4)).readUInt32BE() === 0 ? "accepted" : await reason();
  } finally {
    socket.destroy();
  }
}
