// Something that is replaced now and then, such as certificates.

/** The present material, which those who use it are told of. */
export class Replaceable<Material> {
  private readonly listeners: ((material: NonNullable<Material>) => void)[] = [];

  constructor(private current: Material) {}

  get material(): Material {
    return this.current;
  }

  /** Calls back each time the material has been replaced. */
  onChange(listener: (material: NonNullable<Material>) => void): void {
    this.listeners.push(listener);
  }

  /** From here on this is used. */
  replace(material: NonNullable<Material>): void {
    this.current = material;
    for (const listener of this.listeners) listener(material);
  }
}
