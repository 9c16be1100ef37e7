// The libraries that a Windows binary asks for, read from its import table (Microsoft's "PE Format", sections 3 and 6.4).

/** Names in the import table of a 64-bit Windows binary, as it spells them. Throws for other files. */
export function neededLibraries(binary) {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength)
  const header = binary.length < 0x40 ? Infinity : view.getUint32(0x3c, true)
  if (
    header + 148 > binary.length ||
    view.getUint32(header, true) !== 0x4550 ||
    view.getUint16(header + 24, true) !== 0x20b
  ) {
    throw new Error('not a 64-bit Windows binary')
  }
  const sections = header + 24 + view.getUint16(header + 20, true)
  const count = view.getUint16(header + 6, true)
  /** Place in the file of an address in memory. */
  const place = (address) => {
    for (let i = 0; i < count; i++) {
      const section = sections + 40 * i
      const start = view.getUint32(section + 12, true)
      const size = Math.max(view.getUint32(section + 8, true), view.getUint32(section + 16, true))
      if (address >= start && address < start + size) return address - start + view.getUint32(section + 20, true)
    }
    throw new Error(`address ${address} lies in no section`)
  }
  const table = view.getUint32(header + 24 + 112 + 8, true) // the second of the data directories
  const names = []
  for (let entry = table === 0 ? -1 : place(table); entry >= 0; entry += 20) {
    const name = view.getUint32(entry + 12, true)
    if (name === 0) break
    const start = place(name)
    names.push(binary.toString('latin1', start, binary.indexOf(0, start)))
  }
  return names
}
