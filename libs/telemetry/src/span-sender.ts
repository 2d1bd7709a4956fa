import { type Attributes, diag } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base';
import type { Resource } from '@opentelemetry/resources';
import { OtlpBytes } from './otlp-bytes.ts';
import { type OverSpan, writeAttributes, writeSpan } from './span-bytes.ts';

export interface SpanSenderOptions {
  /** Sends what is given, with the time-outs, tries and headers that the standard variables ask for; at most so many at once. */
  readonly delegate: IOtlpExportDelegate<Uint8Array>;
  readonly resource: Resource;
  readonly everyMs: number;
  /** Where so many wait, they are sent before their time. */
  readonly batch: number;
  /** While those before are on their way; what comes then is dropped. */
  readonly most: number;
}

/** Of `ExportTraceServiceRequest`, `ResourceSpans` and `ScopeSpans`. */
const resourceSpans = 1;
const scopeSpans = 2;
const scopeName = 'orrery';

/**
 * Gathers spans that are over and sends them, many at once. They are written down as bytes when they come: thousands of objects that live for seconds
 * are what a garbage collector is worst at.
 */
export class SpanSender {
  readonly #options: SpanSenderOptions;
  readonly #spans = new OtlpBytes();
  readonly #request = new OtlpBytes();
  #count = 0;
  #dropped = 0;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SpanSenderOptions) {
    this.#options = options;
  }

  add(span: OverSpan): void {
    const { batch, most, everyMs } = this.#options;
    if (this.#count >= most) {
      this.#dropped += 1;
      return;
    }
    writeSpan(this.#spans, span);
    this.#count += 1;
    if (this.#sending !== undefined) return;
    if (this.#count >= batch) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), everyMs).unref();
  }

  /** Sends what is left. */
  async stop(): Promise<void> {
    await this.#sending;
    if (this.#count > 0) await this.#send();
    await this.#options.delegate.shutdown();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#count >= this.#options.batch) this.#begin();
      else if (this.#count > 0) this.#timer ??= setTimeout(() => this.#begin(), this.#options.everyMs).unref();
    });
  }

  async #send(): Promise<void> {
    const { delegate, resource } = this.#options;
    // What the machine is called takes a moment to find out.
    if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
    const request = this.#taken(resource.attributes);
    if (this.#dropped > 0) diag.warn(`${this.#dropped} spans were dropped: there were too many to be sent`);
    this.#dropped = 0;
    await new Promise<void>((resolve) => {
      delegate.export(request, ({ code, error }) => {
        if (code !== ExportResultCode.SUCCESS) diag.error(`spans could not be sent: ${error?.message ?? 'no reason was given'}`);
        resolve();
      });
    });
  }

  /** All that was gathered, as one request; from here on others are. */
  #taken(attributes: Attributes): Uint8Array {
    const request = this.#request;
    request.clear();
    const whole = request.open(resourceSpans);
    const resource = request.open(1);
    writeAttributes(request, 1, attributes);
    request.close(resource);
    const spans = request.open(scopeSpans);
    const scope = request.open(1);
    request.text(1, scopeName);
    request.close(scope);
    request.append(this.#spans.written);
    request.close(spans);
    request.close(whole);
    this.#spans.clear();
    this.#count = 0;
    // The rest of this buffer is written again while these bytes may still be sent once more.
    return Uint8Array.prototype.slice.call(request.written);
  }
}
