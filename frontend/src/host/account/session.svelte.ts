import { Problem } from '../../lib/api';
import { accounts, type Account } from '../calls';

/** Session knows who is signed in: undefined until asked, null for nobody. */
class Session {
  account = $state.raw<Account | null | undefined>();

  async load(): Promise<void> {
    try {
      this.account = await accounts.me();
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500) this.account = null;
      else throw error;
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.account = await accounts.signIn({ email, password });
  }

  async setup(token: string, email: string, name: string, password: string): Promise<void> {
    this.account = await accounts.setup({ token, email, name, password });
  }

  async newPassword(token: string, password: string): Promise<void> {
    this.account = await accounts.newPassword({ token, password });
  }

  async signOut(): Promise<void> {
    await accounts.signOut();
    this.account = null;
  }
}

export const session = new Session();
