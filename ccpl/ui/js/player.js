// A clip and its original in one player: a divider between them, both at the same frame.
ccpl.player = (element, props, watch) => {
  const part = (name) => element.querySelector(`.${name}`)
  const [root, before, after, time, play] = ['player', 'before', 'after', 'time', 'play'].map(part)
  const NEAR = 0.06 // seconds the original may be off while both play

  const frameAt = (seconds) => {
    const { rate } = props.value
    return (Math.floor(seconds * rate + 0.001) + 0.5) / rate // the middle of a frame
  }
  const follow = (exactly) => {
    const due = after.currentTime + props.value.start
    if (exactly || Math.abs(before.currentTime - due) > NEAR) before.currentTime = due
  }
  const stopAt = (seconds) => {
    after.currentTime = Math.min(frameAt(seconds), after.duration || Infinity)
    follow(true)
  }
  const tell = () => {
    time.value = after.currentTime
    part('clock').textContent = `${after.currentTime.toFixed(1)} / ${(after.duration || 0).toFixed(1)} s`
  }

  const show = () => {
    const value = props.value
    if (!value?.after) return
    root.classList.remove('alone')
    playable(true)
    before.src = ccpl.address(value.before)
    after.src = ccpl.address(value.after)
  }
  const playable = (yes) => {
    root.hidden = !yes
    part('unplayable').hidden = yes
  }
  after.addEventListener('error', () => playable(false))
  before.muted = true // the sound is that of the result
  before.addEventListener('error', () => root.classList.add('alone')) // not all browsers play all files
  after.addEventListener('loadedmetadata', () => {
    if (!after.videoWidth) return playable(false) // of some codecs the sound alone is played
    root.style.setProperty('--ratio', after.videoWidth / after.videoHeight)
    time.max = after.duration
    time.step = 1 / props.value.rate
    tell()
    follow(true)
  })
  before.addEventListener('loadedmetadata', () => follow(true))
  after.addEventListener('timeupdate', () => { tell(); if (!after.paused) follow(false) })
  after.addEventListener('play', () => { follow(true); before.play(); play.textContent = 'Pause' })
  after.addEventListener('pause', () => {
    before.pause()
    play.textContent = 'Play'
    if (!after.ended) stopAt(after.currentTime)
  })
  play.addEventListener('click', () => (after.paused ? after.play() : after.pause()))
  time.addEventListener('input', () => stopAt(Number(time.value)))
  part('divider').addEventListener('input', ({ target }) => root.style.setProperty('--divider', `${target.value}%`))
  root.style.setProperty('--divider', '50%')
  watch('value', show)
  show()
}

// Where the server hands out a file.
ccpl.address = (path) => `${gradio_config.root}/gradio_api/file=${path}`
