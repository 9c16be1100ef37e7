/** What a radius may depend on. */
export interface RadiusContext {
  /** Distances of all points to the current centre, in the order of the points. */
  readonly distances: Float64Array
  /** Rounds of threshold clustering done before this one. */
  readonly iteration: number
}

/** Chooses τ of threshold clustering: points at a distance of at most τ count as inside. */
export interface RadiusPolicy {
  readonly name: string
  radius(context: RadiusContext): number
}
