// @lemanic/eval/report: results as pages to read. Apart from the rest because drawing needs Observable Plot.
export { type GalleryStudy, renderGallery } from './report/render-gallery.js'
export { renderReport } from './report/render-report.js'
