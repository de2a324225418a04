/**
 * float32 to IEEE 754 binary16 and back. Cosines of embeddings keep 3 to 4 digits, which is more than retrieval tells
 * apart, at half the size. (`Float16Array` does the same, but not yet on Node 22.)
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, halfOf);
}

export function fromFloat16(halves: Uint16Array): Float32Array {
  const bits = Uint32Array.from(halves, singleOf);
  return new Float32Array(bits.buffer);
}

/** Rounds to nearest, ties to even, as IEEE 754 does. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x4780_0000) return sign | 0x7c00; // 65,536 and up: infinity
  const exponent = (magnitude >>> 23) - 127;
  if (exponent >= -14) return sign | roundShift(magnitude - (112 << 23), 13); // a carry moves into the exponent, as it should
  if (exponent < -25) return sign;
  return sign | roundShift((magnitude & 0x7f_ffff) | 0x80_0000, -exponent - 1); // subnormal
}

function roundShift(value: number, by: number): number {
  const kept = value >>> by;
  const rest = value & ((1 << by) - 1);
  const half = 1 << (by - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

function singleOf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f80_0000 | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  const shift = Math.clz32(fraction) - 21; // brings the subnormal's first bit to the hidden one's place
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}
