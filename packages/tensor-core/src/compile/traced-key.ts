import type { KeyWords } from '../backend.js'
import { checkSplit, foldWords, RandomKey, splitWords } from '../random/key.js'
import { changes, type Changing, type ReplayClock } from './dynamic-number.js'
import { interruptCompilation } from './session.js'

/**
 * A random key that is an input of a compiled step, or derives from one. Random operations take its words anew at every
 * call; whoever else looks at them ends the compilation.
 */
export class TracedKey extends RandomKey {
  readonly #now: () => KeyWords
  readonly #clock: ReplayClock

  constructor(now: () => KeyWords, clock: ReplayClock) {
    super(now())
    this.#now = now
    this.#clock = clock
    Object.defineProperty(this, 'words', {
      enumerable: true,
      get: () => {
        interruptCompilation('the words of a random key were read in JavaScript; give the key to a random operation')
        return this.#now()
      },
    })
    Object.freeze(this)
  }

  /** Its words now, without consequences for a compilation. */
  peek(): KeyWords {
    return this.#now()
  }

  override split(count = 2): RandomKey[] {
    checkSplit(count)
    return Array.from({ length: count }, (_, i) => this.#derive((words) => splitWords(words, i)))
  }

  override foldIn(data: number | string): RandomKey {
    return this.#derive((words) => foldWords(words, data))
  }

  #derive(f: (words: KeyWords) => KeyWords): TracedKey {
    let words = f(this.#now())
    let readAt = this.#clock.now
    return new TracedKey(() => {
      if (readAt !== this.#clock.now) {
        words = f(this.#now())
        readAt = this.#clock.now
      }
      return words
    }, this.#clock)
  }
}

/** The attribute `key` of a random operation. */
export function keyAttribute(key: { readonly words: KeyWords }): { readonly key: KeyWords } & Changing {
  return key instanceof TracedKey ? { key: key.peek(), [changes]: { key: () => key.peek() } } : { key: key.words }
}
