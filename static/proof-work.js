// Finds the number that a proof of work asks for, in a thread of its own: SHA-256 (FIPS 180-4) of the challenge, a dot
// and the number, which is to begin with so many zero bits. One block of 64 bytes holds it all.
(() => {
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
  const ROUNDS = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
  const START = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const words = new Int32Array(64);
  const block = new DataView(new ArrayBuffer(64));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  const lay = (text) => {
    for (let at = 0; at < 64; at += 1) block.setUint8(at, at < text.length ? text.charCodeAt(at) : 0);
    block.setUint8(text.length, 0x80);
    block.setUint32(60, text.length * 8);
  };
  const firstWord = (text) => {
    lay(text);
    for (let at = 0; at < 16; at += 1) words[at] = block.getInt32(at * 4);
    for (let at = 16; at < 64; at += 1) {
      const [x, y] = [words[at - 15], words[at - 2]];
      const near = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
      const far = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      words[at] = words[at - 16] + near + words[at - 7] + far;
    }
    let [a, b, c, d, e, f, g, h] = START;
    for (let at = 0; at < 64; at += 1) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[at] + words[at]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    return (START[0] + a) >>> 0;
  };

  onmessage = ({ data: { challenge, bits } }) => {
    let number = 0;
    while (firstWord(`${challenge}.${number}`) >>> (32 - bits) !== 0) number += 1;
    postMessage(String(number));
  };
})();
