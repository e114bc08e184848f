// Styles that a visitor brought join the gallery of the Image tab as long as the page's tab is open.
// The browser alone knows them; the server checks that it holds what it is asked for.
ccpl.own = (() => {
  const KEPT = 8 // the oldest goes
  const PLACE = 'ccpl.own'
  const [WIDTH, HEIGHT] = [176, 132] // of thumbnails, in pixels
  const picker = { id: 'image-styles', section: 'styles' }
  let items = []
  let show = () => {}
  let round = 0 // of previews, which own styles join

  const thumbnail = async ({ url }) => {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT })
    const scale = Math.max(WIDTH / image.naturalWidth, HEIGHT / image.naturalHeight)
    const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale]
    const context = canvas.getContext('2d')
    context.imageSmoothingQuality = 'high'
    context.drawImage(image, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height)
    return canvas.toDataURL('image/jpeg', 0.85)
  }
  const keep = (all) => {
    items = all
    sessionStorage.setItem(PLACE, JSON.stringify(items))
    show()
  }

  return {
    // A file that was uploaded as the style.
    async add(file) {
      if (!file || items.some(({ path }) => path === file.path)) return
      let picture
      try {
        picture = await thumbnail(file)
      } catch {
        return // a table of colours, or what the server will say is no picture
      }
      const { path, orig_name } = file
      const name = (orig_name ?? 'Own style').replace(/\.[^.]*$/, '')
      keep([...items, { slug: path, path, name, about: 'Your own style', thumbnail: picture, file }].slice(-KEPT))
      ccpl.mark(picker.id, picker.section, file)
      document.querySelector('#image-own').click()
    },
    // `listener` shows them, now and whenever there are others; those of before a reload come back.
    async watch(listener) {
      show = listener
      const before = JSON.parse(sessionStorage.getItem(PLACE) ?? '[]')
      const there = await Promise.all(before.map(({ file }) => fetch(file.url, { method: 'HEAD' })))
      keep([...before.filter((_, place) => there[place].ok), ...items])
    },
    items: () => items,
    find: (slug) => items.find((item) => item.slug === slug),
    files: () => (items.length ? items.map(({ file }) => file) : null),
    // The number of a new round of previews, and of the one that there is.
    begin: () => (round = performance.now()),
    round: () => round,
  }
})()
