/**
 * Stands in for Socket.IO's binary packets (socket.io-parser: binary.js, is-binary.js), which the protocol of /chat does
 * not use: 0.4 KB less in every customer's download.
 */
const never = (): never => {
  throw new Error('no binary packets');
};

export const deconstructPacket = never;
export const reconstructPacket = never;
export const isBinary = (): boolean => false;
export const hasBinary = (): boolean => false;
