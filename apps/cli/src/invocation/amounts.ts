// Options that give amounts of resources: `--compute 20`, `--resource network=5`.
import { InvalidArgumentError } from 'commander';

/** Amounts by resource. */
export type Amounts = Readonly<Record<string, number>>;

/**
 * Parses one option into an object of amounts; `name` is the resource that an option of its own stands for. Without one
 * the option has the form name=units, and the earlier ones come along as `previous`.
 */
export function collectAmount(name?: string): (text: string, previous?: Amounts) => Amounts {
  return (text, previous = {}) => {
    const [given, amount] = name === undefined ? splitAt(text) : [name, text];
    if (/^\d{1,10}(\.\d{1,9})?$/.test(amount)) return { ...previous, [given]: Number(amount) };
    throw new InvalidArgumentError(
      name === undefined ? 'It must have the form name=units, such as compute=20.' : 'It must be a number, such as 20.',
    );
  };
}

/** The options of the three forms as one object. */
export function amountsOf(options: { compute?: Amounts; storage?: Amounts; resource?: Amounts }): Amounts {
  return { ...options.resource, ...options.compute, ...options.storage };
}

function splitAt(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 1 ? ['', ''] : [text.slice(0, at), text.slice(at + 1)];
}
