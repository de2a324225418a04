// The lower bound: the same writer behind a bare socket.io server, which cuts at full stops and sends. It checks, stores and masks nothing.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { answerParent } from './child.mjs';
import { write } from './writer.mjs';

const pace = Number(process.env.BENCH_CHARACTERS_PER_SECOND);
const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.of('/chat').on('connection', (socket) =>
  socket.on('ask', async (who) => {
    let sentence = '';
    let index = 0;
    for await (const text of write(pace, (n, at) => process.send({ who, index: n, at }))) {
      sentence += text;
      const end = sentence.indexOf('.');
      if (end < 0) continue;
      socket.emit('event', {
        type: 'answer.sentence',
        data: { index: index++, text: sentence.slice(0, end + 1).trim() },
      });
      sentence = sentence.slice(end + 1);
    }
    socket.emit('event', { type: 'answer.completed' });
  }),
);
http.listen(0, '127.0.0.1', () => answerParent(http.address().port));
