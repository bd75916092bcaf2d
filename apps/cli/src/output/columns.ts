// How wide the output may be: as wide as the terminal, or as COLUMNS says where there is none.

let columnsWithoutTerminal: number | undefined;

/** Takes COLUMNS of the environment. What is no number above 0 says nothing. */
export function setColumns(columns: string | undefined): void {
  const number = Number(columns);
  columnsWithoutTerminal = number > 0 ? number : undefined;
}

/** The columns of the output; `otherwise` where neither a terminal nor COLUMNS says. */
export function outputColumns(otherwise = Infinity): number {
  return process.stdout.columns || (columnsWithoutTerminal ?? otherwise);
}
