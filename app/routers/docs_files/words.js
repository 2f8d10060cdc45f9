// The words of Swagger UI in Chinese. Only whole texts of its own controls are replaced; what the API says stays as it is.
"use strict";
(() => {
  const WORDS = {
    "Authorize": "登录", "Authorized": "已登录", "Logout": "退出", "Close": "关闭",
    "Available authorizations": "登录", "Token URL:": "令牌地址：", "Flow:": "方式：",
    "username:": "用户名：", "password:": "密码：", "Username:": "用户名：", "Password:": "密码：",
    "Try it out": "试一试", "Cancel": "取消", "Execute": "发送", "Clear": "清空", "Reset": "重置", "LOADING": "读取中",
    "Parameters": "参数", "No parameters": "没有参数", "Request body": "请求体", "Responses": "答复",
    "Response body": "答复内容", "Response headers": "答复头", "Response content type": "答复类型",
    "Server response": "服务器的答复", "Request URL": "请求地址", "Request duration": "用时", "Curl": "curl 命令",
    "Name": "名称", "Description": "说明", "Code": "状态码", "Details": "内容", "Links": "关联操作", "No links": "无",
    "Media type": "内容类型", "Parameter content type": "参数类型", "Example Value": "示例", "Examples": "示例",
    "Examples:": "示例：", "Edit Value": "编辑内容", "Schema": "结构", "Schemas": "数据结构", "Model": "结构", "Download": "下载",
    "Servers": "服务器", "Headers:": "答复头：", "Errors": "错误", "Hide": "收起", "Show": "展开",
    "Controls": "对应请求头", "header.": "。", "Send empty value": "发送空值", "Undocumented": "文档之外的答复",
    "Expand all": "全部展开", "Collapse all": "全部收起", "required": "必填",
    "Failed to load API definition.": "接口文档读取失败。", "Fetch error": "读取失败", "Auth Error": "登录失败",
    "Please correct the following validation errors and try again.": "请先改正以下内容：",
    "Required field is not provided": "必填项未填", "For 'Idempotency-Key': Required field is not provided.": "请填写 Idempotency-Key。",
    "For 'If-Match': Required field is not provided.": "请填写 If-Match。",
  };
  const ATTRIBUTES = { "Filter by tag": "按分类筛选", "Copy to clipboard": "复制" };
  const THEIRS = "pre, code, textarea, input, option, .markdown, .renderedMarkdown, .microlight, header";

  const text = (node) => {
    const known = WORDS[node.data.trim()];
    if (known !== undefined && !node.parentElement?.closest(THEIRS)) node.data = known;
  };
  const attributes = (element) => {
    for (const name of ["placeholder", "title", "aria-label"]) {
      const known = ATTRIBUTES[element.getAttribute(name)];
      if (known !== undefined) element.setAttribute(name, known);
    }
  };
  const translate = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return text(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return undefined;
    attributes(root);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      if (walker.currentNode.nodeType === Node.TEXT_NODE) text(walker.currentNode);
      else attributes(walker.currentNode);
    }
    return undefined;
  };

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") text(change.target);
      else change.addedNodes.forEach(translate);
    }
  }).observe(document.getElementById("swagger-ui"), { subtree: true, childList: true, characterData: true });
})();
