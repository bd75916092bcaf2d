// Reads a dashboard's server-sent events, one at a time, as they are waited for.
import { EventSourceParserStream } from 'eventsource-parser/stream';

interface SentEvent {
  readonly type: string;
  // The shape depends on the type; tests look at single fields.
  readonly data: Record<string, never>;
}

export class EventStream {
  private constructor(
    private readonly abort: AbortController,
    private readonly events: AsyncIterator<{ event?: string | undefined; data: string }>,
  ) {}

  static async open(dashboardUrl: string): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(`${dashboardUrl}/api/events`, { signal: abort.signal });
    const stream = response.body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    return new EventStream(abort, stream[Symbol.asyncIterator]());
  }

  /** The next event whatever it is; null when the server ended the stream. */
  async next(): Promise<SentEvent | null> {
    const { done, value } = await this.events.next();
    if (done) return null;
    return { type: value.event ?? 'message', data: JSON.parse(value.data) as SentEvent['data'] };
  }

  /** The next event of a type for which `fits` holds; those before it are passed over. */
  async until<Data>(type: string, fits: (data: Data) => boolean = () => true): Promise<Data> {
    for (let event = await this.next(); event !== null; event = await this.next()) {
      const data = event.data as Data;
      if (event.type === type && fits(data)) return data;
    }
    throw new Error(`the stream ended before a fitting "${type}" event`);
  }

  close(): void {
    this.abort.abort();
  }
}
