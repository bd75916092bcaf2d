// The diagonal of the inverse of a small symmetric positive definite matrix.

/**
 * Returns the diagonal from the Cholesky factor L of the matrix: the inverse is L⁻ᵀ L⁻¹, so its diagonal holds the
 * squared lengths of the columns of L⁻¹. Directions lost to rounding become Infinity. O(size³).
 *
 * @param matrix `size` × `size` numbers, row by row.
 */
export function inverseDiagonal(matrix: ArrayLike<number>, size: number): Float64Array {
  const factor = choleskyFactor(matrix, size);
  const diagonal = new Float64Array(size);
  const column = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let rest = i === j ? 1 : 0;
      for (let k = j; k < i; k++) rest -= factor[i * size + k] * column[k];
      column[i] = rest / factor[i * size + i];
      diagonal[j] += column[i] ** 2;
    }
  }
  return diagonal.map((entry) => (Number.isNaN(entry) ? Infinity : entry));
}

function choleskyFactor(matrix: ArrayLike<number>, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j];
      for (let k = 0; k < j; k++) rest -= factor[i * size + k] * factor[j * size + k];
      factor[i * size + j] = i === j ? Math.sqrt(Math.max(0, rest)) : rest / factor[j * size + j];
    }
  }
  return factor;
}
