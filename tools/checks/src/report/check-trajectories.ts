import type { Page } from 'puppeteer-core'

/**
 * Uses every `trajectories` figure of a page as a reader does: picks the last sample and task, moves the last modality to
 * the front, takes one out; what the page then says must be what its data hold for that sample, task and order.
 */
export function trajectoriesProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    interface Data {
      modalities: string[]
      tasks: string[]
      samples: { name: string; given: { modality: number }[]; predictions: Record<string, number[]> }[]
    }
    const found: string[] = []
    const change = (element: HTMLElement): void => void element.dispatchEvent(new Event('change', { bubbles: true }))
    for (const root of document.querySelectorAll('.trajectories')) {
      const id = root.closest('figure')?.id ?? '?'
      const data = JSON.parse(root.querySelector('script[type="application/json"]')!.textContent!) as Data
      const form = root.querySelector('form')!
      if (form.hidden) {
        found.push(`${id}: the controls stay hidden`)
        continue
      }
      const said = (): string => root.querySelector('.said')!.textContent!
      const cells = (): string[] =>
        [...root.querySelectorAll('tbody tr')].map((row) => row.children[2]!.textContent!.trim())
      const percent = (p: number): string => `${(100 * p).toFixed(1)}\u202f%`
      const [samples, tasks] = [...form.querySelectorAll('select')] as [HTMLSelectElement, HTMLSelectElement]
      for (const index of [data.samples.length - 1, 0]) {
        const sample = data.samples[index]!
        const task = data.tasks.length - 1
        samples.value = String(index)
        change(samples)
        tasks.value = String(task)
        change(tasks)
        const items = (): HTMLLIElement[] => [...form.querySelectorAll('li')]
        const names = (): string[] => items().map((item) => item.querySelector('label')!.textContent!.trim())
        if (names().length !== sample.given.length)
          found.push(`${id}: ${sample.name}: offers ${names().length} modalities of ${sample.given.length}`)
        // the last one to the front
        for (let at = items().length - 1; at > 0; at--) items()[at]!.querySelector('button')!.click()
        const given = sample.given.map(({ modality }) => data.modalities[modality]!)
        const wanted = [given.at(-1)!, ...given.slice(0, -1)]
        if (index === data.samples.length - 1 && names().join() !== wanted.join())
          found.push(`${id}: the last modality moved to the front gives ${names().join()}, expected ${wanted.join()}`)
        // and what is now second does not come
        const dropped = items()[1]?.querySelector('input')
        dropped?.click()
        const order = names().filter((_, at) => at !== 1)
        const arrivals = order.map((_, at) =>
          order
            .slice(0, at + 1)
            .map((name) => data.modalities.indexOf(name))
            .join(''),
        )
        const expected = ['', ...arrivals].map((arrival) => percent(sample.predictions[arrival]![task]!))
        if (cells().join() !== expected.join())
          found.push(
            `${id}: ${sample.name}, ${data.tasks[task]}: shows ${cells().join()}, its data say ${expected.join()}`,
          )
        if (!said().includes(sample.name) || !said().includes(expected.at(-1)!))
          found.push(`${id}: says "${said()}", expected ${sample.name} and ${expected.at(-1)}`)
        const dots = root.querySelectorAll('.chart circle').length
        if (dots !== expected.length) found.push(`${id}: draws ${dots} dots for ${expected.length} moments`)
        dropped?.click()
      }
    }
    return found
  })
}
