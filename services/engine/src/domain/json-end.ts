/** Finds where an object or a list in JSON ends, in text that comes in pieces. */
export class JsonEnd {
  private depth = 0;
  private isInText = false;
  private isEscaped = false;

  /** How much of this piece belongs to it, where it ends there. */
  push(piece: string): number | undefined {
    for (let at = 0; at < piece.length; at += 1) {
      if (this.closes(piece[at] ?? '')) return at + 1;
    }
    return undefined;
  }

  private closes(letter: string): boolean {
    if (this.isEscaped) this.isEscaped = false;
    else if (this.isInText) {
      this.isEscaped = letter === '\\';
      this.isInText = letter !== '"';
    } else if (letter === '"') this.isInText = true;
    else if (letter === '{' || letter === '[') this.depth += 1;
    else if (letter === '}' || letter === ']') {
      this.depth -= 1;
      return this.depth === 0;
    }
    return false;
  }
}
