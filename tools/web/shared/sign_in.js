// The question for the token that each page begins with: the form #sign-in-form in the
// element #sign-in, and #app, which is shown instead once a token was accepted.
import { Refused, isTokenShaped } from './api.js'
import { byId, setText, show } from './dom.js'

export class SignIn {
  /// `probe`: an address that needs the token; `wrong`: said of a refused token; `gone`: said
  /// if nobody answers; `onIn` and `onOut`: called after #app was shown or before it is hidden.
  constructor (api, { probe, wrong, gone, onIn, onOut }) {
    Object.assign(this, { api, probe, wrong, gone, onIn, onOut })
    byId('sign-in-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.attempt(byId('token').value.trim())
    })
  }

  /// Goes on with the token of this tab if there is one.
  start () {
    if (this.api.token) this.enter()
    else this.ask()
  }

  ask (problem = '') {
    this.onOut()
    this.api.signOut()
    show(byId('app'), false)
    show(byId('sign-in'), true)
    show(byId('sign-in-problem'), problem !== '')
    setText(byId('sign-in-problem'), problem)
    byId('token').value = ''
    byId('token').focus()
  }

  enter () {
    show(byId('sign-in'), false)
    show(byId('app'), true)
    this.onIn()
  }

  async attempt (token) {
    if (!isTokenShaped(token)) return this.ask('A token has no spaces or special characters.')
    const button = byId('sign-in-form').querySelector('button')
    button.disabled = true
    this.api.signIn(token)
    try {
      await this.api.get(this.probe)
      this.enter()
    } catch (reason) {
      this.ask(reason instanceof Refused && reason.status === 401 ? this.wrong : this.gone)
    } finally {
      button.disabled = false
    }
  }
}
