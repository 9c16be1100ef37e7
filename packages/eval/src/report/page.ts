import { type Html, html, raw } from './html.js'
import { styles } from './styles.js'

/** A complete page around its parts. */
export function page(parts: { title: string; description: string; header: Html; main: Html; footer: Html }): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content="${parts.description}" />
        <title>${parts.title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${raw(styles)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the findings</a>
        <header class="page">${parts.header}</header>
        <main id="main">${parts.main}</main>
        <footer class="page">${parts.footer}</footer>
      </body>
    </html> `.text
}
