export {openSshChannel, SshChannel, type SshChannelOptions} from './ssh-channel.js';
