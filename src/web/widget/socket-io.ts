/** What of Socket.IO's client the widget uses; the build makes widget.socket.js of it. */
export { io } from 'socket.io-client';
