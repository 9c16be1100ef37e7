import type { Attack } from './attack.js'

/** Every attacker sends zeros: it takes part and helps nobody. */
export function zeroAttack(): Attack {
  return { name: 'zero', forge: (honest, { own }) => ({ rows: honest.zeros(own.count) }) }
}
