/** An ordered pipe of bytes to one peer and back: a connection, or a piece of shared memory. */
export interface Channel {
  /**
   * Sends the parts, one after the other, and resolves when they may be changed again: at the pace of the peer, so that
   * memory does not grow. Rejects when the peer is gone.
   */
  write(parts: readonly Uint8Array[]): Promise<void>
  /** Fills `target` with the next bytes. Rejects with `silent()` after the channel's timeout without any byte. */
  read(target: Uint8Array, silent: () => Error): Promise<void>
  /** Called once, as soon as the peer's end is gone; `how` says in words. What had come before can still be read. */
  onEnd(listener: (how: string) => void): void
  /** The last `length` bytes that came and were not read yet; undefined when there are fewer. */
  unreadTail(length: number): Uint8Array | undefined
  /** Sends what is under way, then ends; does not keep the process alive. */
  end(): void
  /** Ends at once. */
  destroy(): void
}
