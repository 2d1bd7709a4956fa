/** Names for copies: `#1`, `#2` … after the name of what was copied, where the list does not have such a name itself. */
export class CopyNames {
  private readonly taken: Set<string>;
  private readonly copies = new Map<string, number>();

  /** `names`: all that the list has. */
  constructor(names: Iterable<string>) {
    this.taken = new Set(names);
  }

  /** The first time the name itself, then one that nobody has. */
  next(name: string): string {
    const copy = this.copies.get(name);
    if (copy === undefined) {
      this.copies.set(name, 0);
      return name;
    }
    let number = copy + 1;
    while (this.taken.has(`${name}#${number}`)) number += 1;
    this.copies.set(name, number);
    return `${name}#${number}`;
  }
}
