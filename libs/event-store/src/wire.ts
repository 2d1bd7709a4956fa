/** A parameter of a prepared statement: a text, NULL, or a whole column, which PostgreSQL gets as a `text[]`. */
export type Parameter = string | null | readonly (string | null)[];

const initialSize = 16_384;
/** A buffer that once had to be larger is given away rather than kept. */
const largestKept = 1_048_576;
const textOid = 25;
/** Room for the length that precedes each cell of an array; it stands between the texts until the lengths are known. */
const lengthSize = 4;
const gap = '\0'.repeat(lengthSize);
const nullLength = -1;
const messages = { parse: 0x50, close: 0x43, bind: 0x42, execute: 0x45, sync: 0x53 };
const ofStatement = 0x53;
const formats = { text: 0, binary: 1 };

/** Writes messages of PostgreSQL's extended protocol one behind the other, to be sent as one. */
export class WireWriter {
  private buffer = Buffer.allocUnsafe(initialSize);
  private end = 0;

  /** What was written since the start. */
  take(): Buffer {
    const { buffer, end } = this;
    if (buffer.length <= largestKept) return Buffer.from(buffer.subarray(0, end));
    this.buffer = Buffer.allocUnsafe(initialSize);
    return buffer.subarray(0, end);
  }

  /** Forgets what somebody may have left half written. */
  start(): void {
    this.end = 0;
  }

  parse(name: string, text: string): void {
    const start = this.begin(messages.parse);
    this.name(name);
    this.name(text);
    this.int16(0);
    this.finish(start);
  }

  /** Closing a statement that does not exist is no error. */
  close(name: string): void {
    const start = this.begin(messages.close);
    this.byte(ofStatement);
    this.name(name);
    this.finish(start);
  }

  bind(statement: string, parameters: readonly Parameter[]): void {
    const start = this.begin(messages.bind);
    this.name('');
    this.name(statement);
    this.int16(parameters.length);
    for (const parameter of parameters) this.int16(Array.isArray(parameter) ? formats.binary : formats.text);
    this.int16(parameters.length);
    for (const parameter of parameters) this.parameter(parameter);
    this.int16(0);
    this.finish(start);
  }

  execute(): void {
    const start = this.begin(messages.execute);
    this.name('');
    this.int32(0);
    this.finish(start);
  }

  sync(): void {
    this.finish(this.begin(messages.sync));
  }

  private begin(message: number): number {
    this.byte(message);
    const start = this.end;
    this.int32(0);
    return start;
  }

  /** The length of a message counts itself. */
  private finish(start: number): void {
    this.buffer.writeInt32BE(this.end - start, start);
  }

  private parameter(parameter: Parameter): void {
    if (parameter === null) {
      this.int32(nullLength);
      return;
    }
    const start = this.end;
    this.int32(0);
    if (typeof parameter === 'string') this.text(parameter);
    else this.column(parameter);
    this.buffer.writeInt32BE(this.end - start - lengthSize, start);
  }

  /** All cells with one join and one write, and then their lengths: many short writes would cost several times as much. */
  private column(cells: readonly (string | null)[]): void {
    const [dimensions, mayHoldNull, firstIndex] = [1, 1, 1];
    for (const field of [dimensions, mayHoldNull, textOid, cells.length, firstIndex]) this.int32(field);
    let at = this.end;
    this.int32(0);
    const joined = cells.join(gap);
    const isOneByteEach = this.text(joined) === joined.length;
    for (const cell of cells) {
      const size = cell === null ? 0 : isOneByteEach ? cell.length : Buffer.byteLength(cell);
      this.buffer.writeInt32BE(cell === null ? nullLength : size, at);
      at += lengthSize + size;
    }
  }

  /** Gives how many bytes it is. */
  private text(text: string): number {
    const size = Buffer.byteLength(text);
    this.ensure(size);
    this.buffer.write(text, this.end, size === text.length ? 'latin1' : 'utf8');
    this.end += size;
    return size;
  }

  private name(text: string): void {
    this.text(text);
    this.byte(0);
  }

  private byte(value: number): void {
    this.ensure(1);
    this.buffer[this.end] = value;
    this.end += 1;
  }

  private int16(value: number): void {
    this.ensure(2);
    this.end = this.buffer.writeInt16BE(value, this.end);
  }

  private int32(value: number): void {
    this.ensure(4);
    this.end = this.buffer.writeInt32BE(value, this.end);
  }

  private ensure(more: number): void {
    if (this.buffer.length - this.end >= more) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, this.end + more));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer = larger;
  }
}
