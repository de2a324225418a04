import { Logger, UseFilters, type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { AppError, errorMet, type ErrorBody, type ErrorCode } from '../config/app-error.js';
import { Settings } from '../config/settings.js';
import { localeOf, type Locale } from '../config/texts.js';
import { Conversations } from '../conversation/conversations.js';
import type { Conversation, ConversationEvent, ConversationId, ConversationState } from '../conversation/events.js';
import { ServiceLevel, type Level } from '../conversation/service-level.js';
import { IdentityTokens } from './identity-tokens.js';
import { Limits } from './limits.js';
import { parseClientMessage, type ClientMessage, type ClientMessages } from './protocol.js';

/** What a connection is about. */
interface Session {
  locale: Locale;
  address: string;
  conversation?: Conversation;
  leave: (() => void)[];
}

/** An error that carries what helps at once. */
interface Safe {
  safety: Pick<ErrorBody, 'safeText' | 'phones'>;
}

type CustomerSocket = Socket & { data: Session };

/** Refusals that are not the customer's doing: who is in danger is helped all the same. */
const UNACCEPTED = new Set<ErrorCode>(['store.unavailable', 'service.off']);

type Acknowledgement<Extra extends object = Record<never, never>> = { ok: true } & Extra;

/** An error in a handler becomes the acknowledgement `{ok:false,error}`; what is not ours is logged and told as `internal`. */
@Catch()
class AcknowledgeErrors implements ExceptionFilter {
  readonly #logger = new Logger('chat');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = AppError.from(thrown);
    errorMet.tell({ code: error.code });
    const acknowledge = host.getArgs<unknown[]>().find((argument) => typeof argument === 'function');
    const socket = host.switchToWs().getClient<CustomerSocket>();
    if (error.code === 'internal')
      this.#logger.error(error.cause instanceof Error ? error.cause.stack : 'unknown error');
    const body: ErrorBody = { ...error.body(socket.data.locale), ...(thrown as Partial<Safe>).safety };
    acknowledge?.({ ok: false, error: body });
  }
}

/** Customers' connections. Everything that leaves here is a committed event, a signal or an acknowledgement. */
@WebSocketGateway({ namespace: '/chat' })
@UseFilters(new AcknowledgeErrors())
export class ChatGateway implements OnGatewayConnection, OnGatewayDisconnect {
  constructor(
    private readonly conversations: Conversations,
    private readonly level: ServiceLevel,
    private readonly limits: Limits,
    private readonly identities: IdentityTokens,
    private readonly settings: Settings,
  ) {}

  handleConnection(socket: CustomerSocket): void {
    const address = this.#address(socket);
    Object.assign(socket.data, {
      locale: localeOf(socket.handshake.headers['accept-language']),
      address,
      leave: [],
    } satisfies Session);
    if (this.limits.connect(address)) {
      socket.data.leave.push(() => this.limits.disconnect(address));
      return;
    }
    const error = AppError.of('limit.connections', { limit: this.settings.connectionsPerAddress });
    socket.emit('refused', error.body(socket.data.locale));
    socket.disconnect(true);
  }

  handleDisconnect(socket: CustomerSocket): void {
    for (const leave of socket.data.leave?.splice(0) ?? []) leave();
  }

  @SubscribeMessage('conversation:open')
  async open(
    @ConnectedSocket() socket: CustomerSocket,
    @MessageBody() body: unknown,
  ): Promise<
    Acknowledgement<{
      conversationId: ConversationId;
      resumeToken: string;
      state: ConversationState;
      level: Level;
      events: ConversationEvent[];
    }>
  > {
    const request = await this.#parse(socket, 'conversation:open', body);
    await this.limits.open(socket.data.address);
    if (request.locale) socket.data.locale = request.locale;
    if (socket.data.conversation)
      throw AppError.of('input.invalid', { field: 'conversationId', expected: 'one conversation a connection' });
    const customer = request.identity === undefined ? undefined : await this.identities.customer(request.identity);
    const opened =
      request.conversationId !== undefined && request.resumeToken !== undefined
        ? await this.conversations.resume(request.conversationId as ConversationId, request.resumeToken, customer)
        : await this.conversations.start(socket.data.locale, customer);
    const { conversation, resumeToken } = opened;
    const after = request.conversationId === undefined ? 0 : (request.after ?? 0);
    const events = await this.#follow(socket, conversation.id, after);
    socket.data.conversation = conversation;
    const { id: conversationId, state } = conversation;
    return { ok: true, conversationId, resumeToken, state, level: this.level.current, events };
  }

  @SubscribeMessage('message:send')
  async send(
    @ConnectedSocket() socket: CustomerSocket,
    @MessageBody() body: unknown,
  ): Promise<Acknowledgement<{ seq: number }>> {
    const { clientMessageId, text } = await this.#parse(socket, 'message:send', body);
    const conversation = this.#conversation(socket);
    await this.limits.message(conversation.id);
    try {
      return { ok: true, ...(await this.conversations.send(conversation, clientMessageId, text)) };
    } catch (error) {
      if (!UNACCEPTED.has(AppError.from(error).code)) throw error;
      const safety = this.conversations.safety(text, socket.data.locale);
      throw safety ? Object.assign(error as AppError, { safety } satisfies Safe) : error;
    }
  }

  @SubscribeMessage('turn:stop')
  async stop(@ConnectedSocket() socket: CustomerSocket, @MessageBody() body: unknown): Promise<Acknowledgement> {
    await this.#parse(socket, 'turn:stop', body);
    this.conversations.stop(this.#conversation(socket).id);
    return { ok: true };
  }

  @SubscribeMessage('handoff:request')
  async requestHandoff(
    @ConnectedSocket() socket: CustomerSocket,
    @MessageBody() body: unknown,
  ): Promise<Acknowledgement> {
    const { reason } = await this.#parse(socket, 'handoff:request', body);
    await this.conversations.requestHandoff(this.#conversation(socket), reason);
    return { ok: true };
  }

  @SubscribeMessage('handoff:cancel')
  async cancelHandoff(
    @ConnectedSocket() socket: CustomerSocket,
    @MessageBody() body: unknown,
  ): Promise<Acknowledgement> {
    await this.#parse(socket, 'handoff:cancel', body);
    await this.conversations.cancelHandoff(this.#conversation(socket).id);
    return { ok: true };
  }

  @SubscribeMessage('feedback:give')
  async giveFeedback(
    @ConnectedSocket() socket: CustomerSocket,
    @MessageBody() body: unknown,
  ): Promise<Acknowledgement> {
    const feedback = await this.#parse(socket, 'feedback:give', body);
    await this.conversations.giveFeedback(this.#conversation(socket).id, feedback);
    return { ok: true };
  }

  @SubscribeMessage('conversation:continue')
  async continue(@ConnectedSocket() socket: CustomerSocket, @MessageBody() body: unknown): Promise<Acknowledgement> {
    await this.#parse(socket, 'conversation:continue', body);
    await this.conversations.touch(this.#conversation(socket).id);
    return { ok: true };
  }

  @SubscribeMessage('conversation:close')
  async close(@ConnectedSocket() socket: CustomerSocket, @MessageBody() body: unknown): Promise<Acknowledgement> {
    await this.#parse(socket, 'conversation:close', body);
    await this.conversations.close(this.#conversation(socket).id, 'customer');
    return { ok: true };
  }

  @SubscribeMessage('typing')
  async typing(@ConnectedSocket() socket: CustomerSocket, @MessageBody() body: unknown): Promise<Acknowledgement> {
    await this.#parse(socket, 'typing', body);
    await this.conversations.touch(this.#conversation(socket).id);
    return { ok: true };
  }

  /** Events up to now for the acknowledgement; every later one follows behind it as `event`. */
  async #follow(socket: CustomerSocket, id: ConversationId, after: number): Promise<ConversationEvent[]> {
    const backlog: ConversationEvent[] = [];
    let acknowledged = false;
    const stop = await this.conversations.follow(id, after, (event) => {
      if (acknowledged) socket.emit('event', event);
      else backlog.push(event);
    });
    const events = backlog.splice(0);
    // The acknowledgement is written when the handler's promise settles; what was committed meanwhile goes behind it.
    setImmediate(() => {
      acknowledged = true;
      for (const event of backlog) socket.emit('event', event);
    });
    socket.data.leave.push(
      stop,
      this.conversations.onSignal(id, (signal) => socket.emit('signal', signal)),
    );
    if (!socket.connected) this.handleDisconnect(socket);
    return events;
  }

  async #parse<Name extends ClientMessage>(
    socket: CustomerSocket,
    name: Name,
    body: unknown,
  ): Promise<ClientMessages[Name]> {
    await this.limits.event(socket.id);
    return parseClientMessage(name, body, socket.data.locale);
  }

  #conversation(socket: CustomerSocket): Conversation {
    if (!socket.data.conversation) throw AppError.of('conversation.unknown');
    return socket.data.conversation;
  }

  #address(socket: Socket): string {
    const forwarded = socket.handshake.headers['x-forwarded-for'];
    // The proxy in front appends the address that it saw: only the last one can be trusted.
    const last = typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined;
    return (this.settings.behindProxy ? last : undefined) ?? socket.handshake.address;
  }
}
